"""Steadiness of the live mood on clips made from photographs: one face, few doubts, few changes of label."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record
from benchmarks.scenes import portrait_clip
from moodmirror.mirror import Mirror
from moodmirror.types import Frame
from moodmirror.vision.decode import read_image

SECONDS, FPS = 10.0, 15


@dataclass(frozen=True, slots=True)
class Steadiness:
    """One clip: how many tracks there were, shares (0..1) of frames without the face and 'unclear', changes of label."""

    tracks: int
    missed: float
    unclear: float
    changes: int


def steadiness(mirror: Mirror, photo: Path, seed: int = 0) -> Steadiness:
    """Film the largest face of ``photo`` and read it live."""
    frame = read_image(photo)
    box = mirror.read(frame.pixels).faces[0].face.bbox_xyxy
    session, ids, labels, frames = mirror.session(), set(), [], 0
    for at, pixels in portrait_clip(frame.pixels, box, SECONDS, FPS, seed):
        frames += 1
        for reading in session.update(Frame(pixels, at))[:1]:
            ids.add(reading.track_id)
            labels.append(reading.mood.label)
    asserted = [label for label in labels if label is not None]
    changes = sum(a != b for a, b in itertools.pairwise(asserted))
    return Steadiness(len(ids), 1 - len(labels) / frames, labels.count(None) / max(1, len(labels)), changes)


def run() -> None:
    folder = record.data("photos")
    if folder is None:
        return
    mirror = Mirror()
    portraits = [path for path in sorted(folder.glob("*.jpg")) if len(mirror.read(path).faces) == 1]
    clips = {path.stem: steadiness(mirror, path) for path in portraits}
    values = list(clips.values())
    figures = {
        "clips": len(values),
        "one_track": sum(c.tracks == 1 for c in values),
        "unclear_share": record.percentiles([c.unclear for c in values]),
        "clips_over_30_percent_unclear": sum(c.unclear > 0.3 for c in values),
        "clips_over_2_changes": sum(c.changes > 2 for c in values),
        "missed_share_worst": round(max(c.missed for c in values), 3),
        "each": {name: [c.tracks, round(c.missed, 3), round(c.unclear, 3), c.changes] for name, c in clips.items()},
    }
    conditions = (
        f"{SECONDS:g} s at {FPS} fps, 640x480, from each photograph with one face: pan, zoom, roll, light, noise"
    )
    record.write("clips", conditions, figures)
