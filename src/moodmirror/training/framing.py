"""The map from a detector's box and eyes to the frame that the training pictures have.

Serving must frame a face as training did. FER2013's pictures are framed already, by a detector that we do not have; so
they are pasted into larger pictures, detected there, and the map is fitted that leads from what the detector says back to
the picture's own frame.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import DataError
from moodmirror.evaluation.framing import Progress, paste
from moodmirror.types import Face
from moodmirror.vision.detect import Detector

SAMPLE: Final = 2000
MIN_FOUND: Final = 30


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the square of the training frame lies.

    ``side_per_box``: its side in mean sides of the detector's box. ``eyes_to_centre``: from the midpoint of the eyes to its
    centre, down the face's own axis, in its sides. ``box_to_centre``: from the box's centre to its centre, down the picture,
    in its sides, where there are no eyes. Across the face it is centred, as the pictures are mirrored in training.
    ``n``: pictures tried; ``found``: share of them where a box lies on the face; ``spread``: of the three ratios, as 1.4826
    median absolute deviations: how differently the training pictures themselves are framed.
    """

    side_per_box: float
    eyes_to_centre: float
    box_to_centre: float
    n: int = 0
    found: float = 0.0
    spread: tuple[float, float, float] = (0.0, 0.0, 0.0)


FRAMING: Final = Framing(
    side_per_box=1.1761,
    eyes_to_centre=0.109,
    box_to_centre=-0.0713,
    n=2000,
    found=0.9725,
    spread=(0.1742, 0.0442, 0.0559),
)
"""What `moodmirror frame-fit` gives for FER2013's Training, with ``BlazeFaceDetector("auto")`` and seed 0."""


def fit_framing(
    crops: NDArray[np.uint8],
    detector: Detector,
    seed: int,
    sample: int = SAMPLE,
    *,
    progress: Progress | None = None,
) -> Framing:
    """Fit the map on up to ``sample`` of ``crops``, uint8 (n, 48, 48), pasted at 160 to 300 pixels and turned by up to 20°.

    Medians, so that odd pictures do not count. The detector must give landmarks.
    Raises ``DataError`` where it finds too few faces to fit anything.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(crops))[:sample]
    ratios = []
    for done, row in enumerate(rows, 1):
        pasted = paste(crops[row], random)
        faces = [face for face in detector.detect(pasted.frame) if face.landmarks and pasted.shows(face)]
        if faces:
            ratios.append(_ratios(faces[0], pasted.centre, pasted.side_px))
        if progress is not None:
            progress(done)
    if len(ratios) < MIN_FOUND:
        raise DataError(f"only {len(ratios)} of {len(rows)} pictures show a face that is found. Give more face crops.")
    table = np.array(ratios)
    middle = np.median(table, axis=0)
    spread = (1.4826 * np.median(np.abs(table - middle), axis=0)).tolist()
    side_per_box, eyes_to_centre, box_to_centre = (round(float(value), 4) for value in middle)
    return Framing(
        side_per_box,
        eyes_to_centre,
        box_to_centre,
        n=len(rows),
        found=round(len(ratios) / len(rows), 4),
        spread=(round(spread[0], 4), round(spread[1], 4), round(spread[2], 4)),
    )


def read_framing(path: Path) -> Framing:
    """The framing that `moodmirror frame-fit --out` wrote; raises ``DataError`` where the file is something else."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        framing = Framing(**{**values, "spread": tuple(values["spread"])})
        numbers = (framing.side_per_box, framing.eyes_to_centre, framing.box_to_centre)
        sane = all(isinstance(value, float | int) and math.isfinite(value) for value in numbers) and numbers[0] > 0
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} cannot be read as a framing: {error}. Write one with moodmirror frame-fit --out."
        ) from error
    if not sane:
        raise DataError(
            f"{path}: a framing's ratios are finite and its side is above 0. Write one with moodmirror frame-fit --out."
        )
    return framing


def _ratios(face: Face, centre: tuple[float, float], side: float) -> tuple[float, float, float]:
    left, top, right, bottom = face.bbox_xyxy
    right_eye, left_eye = np.array(face.landmarks[:2])
    across = (left_eye - right_eye) / max(1e-6, float(np.hypot(*(left_eye - right_eye))))
    down = np.array([-across[1], across[0]])
    from_eyes = np.array(centre) - (right_eye + left_eye) / 2
    mean_side = (right - left + bottom - top) / 2
    return side / mean_side, float(from_eyes @ down) / side, (centre[1] - (top + bottom) / 2) / side
