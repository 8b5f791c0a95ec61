"""Clips made from photographs: the mood of one person stays one mood."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.clips import steadiness
from benchmarks.scenes import portrait_clip, portrait_scene
from moodmirror.mirror import Mirror
from moodmirror.types import Frame
from tests.data import data_dir


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    return Mirror()


def test_a_filmed_portrait_is_one_face_with_few_doubts_and_changes(mirror: Mirror) -> None:
    folder = data_dir("photos")
    clips = {name: steadiness(mirror, folder / f"{name}.jpg") for name in ("img10", "img15", "img23", "img38", "img45")}
    for name, clip in clips.items():
        assert clip.tracks == 1, name
        assert clip.missed <= 0.05, name
        assert clip.unclear <= 0.3, name
        assert clip.changes <= 2, name


def test_the_astronaut_filmed_stays_happy(mirror: Mirror) -> None:
    scene = portrait_scene(640, 480)
    box = mirror.read(scene).faces[0].face.bbox_xyxy
    session = mirror.session()
    labels = [session.update(Frame(pixels, at))[0].mood.label for at, pixels in portrait_clip(scene, box, seconds=5)]
    assert labels.count("happy") / len(labels) >= 0.9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_feed_gives_no_mood(mirror: Mirror, level: int) -> None:
    session = mirror.session()
    random = np.random.default_rng(0)
    for step in range(30):
        noise = random.normal(level, 5, (480, 640, 3))
        assert session.update(Frame(np.clip(noise, 0, 255).astype(np.uint8), step / 15)) == ()
