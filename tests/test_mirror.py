from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.scenes import jpeg, portrait_scene
from moodmirror import Mirror
from moodmirror.errors import NotAnImage, SourceError
from moodmirror.types import EXPRESSIONS


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    return Mirror()


def test_a_path_bytes_and_pixels_are_read_alike(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    scene = portrait_scene(640, 480)
    from PIL import Image

    Image.fromarray(scene).save(path)
    readings = [mirror.read(given).faces[0] for given in (path, str(path), path.read_bytes(), scene)]
    assert {reading.mood.label for reading in readings} == {"happy"}
    assert len({reading.mood.probabilities for reading in readings}) == 1


def test_a_result_is_a_dict_and_a_table(mirror: Mirror) -> None:
    result = mirror.read(jpeg(portrait_scene(640, 480)))
    assert result.to_dict()["faces"][0]["expression"] == "happy"
    table = result.to_pandas()
    assert len(table) == 1
    assert table[list(EXPRESSIONS)].sum(axis=1).item() == pytest.approx(1, abs=1e-3)
    assert list(mirror.read(np.zeros((64, 64, 3), np.uint8)).to_pandas().columns) == list(table.columns)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_upside_down_or_lying_is_an_answer(mirror: Mirror, turns: int) -> None:
    scene = np.ascontiguousarray(np.rot90(portrait_scene(640, 480), turns))
    assert len(mirror.read(scene).faces) <= 1


def test_a_face_at_the_edge_is_an_answer(mirror: Mirror) -> None:
    cut = np.ascontiguousarray(portrait_scene(640, 480)[:, 310:])
    assert all(0 <= reading.mood.confidence <= 1 for reading in mirror.read(cut).faces)


@pytest.mark.parametrize("nothing", [5, None, [1, 2]])
def test_what_is_no_picture_is_said(mirror: Mirror, nothing: Any) -> None:
    with pytest.raises(NotAnImage, match="is no picture"):
        mirror.read(nothing)


def test_a_camera_may_be_given_as_a_number(mirror: Mirror) -> None:
    with pytest.raises(SourceError, match="Camera 63"):
        next(mirror.stream(63))
