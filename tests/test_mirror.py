from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.scenes import jpeg, portrait_scene
from moodmirror import Mirror
from moodmirror.config import Settings
from moodmirror.errors import NotAnImage, SourceError
from moodmirror.expression.classify import FakeClassifier
from moodmirror.mood.rest import NotAtRest, RestingFace
from moodmirror.types import EXPRESSIONS, Face, Quality, Reading, Scores
from moodmirror.vision.detect import FakeDetector

REST = RestingFace((0.0, 0.0, 0.0, 0.0, -1.9, -0.5, 0.0), 148, 10.0, "sad")
LARGE, SMALL = Face((0, 0, 100, 100), 0.9), Face((300, 0, 350, 50), 0.9)


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


@pytest.fixture
def fake() -> Mirror:
    return Mirror(Settings(), detector=FakeDetector([LARGE, SMALL]), classifier=FakeClassifier())


def scores(random: np.random.Generator) -> Scores:
    logits = random.normal(0, 2, 7)
    shown = np.exp(logits) / np.exp(logits).sum()
    return Scores(tuple(shown.tolist()), tuple(logits.tolist()), Quality(100, 0.5, 0.2, 1, 1, 0))


def test_an_undone_resting_face_leaves_the_readings_exactly_as_if_there_had_been_none(fake: Mirror) -> None:
    plain, rested, random = fake.session(), fake.session(REST), np.random.default_rng(4)
    for step in range(60):
        if step == 40:
            rested.rest = None
        seen = [scores(random), scores(random)]
        without = plain.update_scores([LARGE, SMALL], seen, step / 10, 640)
        with_ = rested.update_scores([LARGE, SMALL], seen, step / 10, 640)
        assert with_[1] == without[1], "the other face is never shifted"
        assert (with_ == without) == (step >= 40)
        assert rested.rested == (with_[0].track_id if step < 40 else None)


def test_the_person_stays_the_same_when_another_face_becomes_the_largest_or_they_leave(fake: Mirror) -> None:
    session, random = fake.session(REST), np.random.default_rng(5)

    def rested(faces: list[Face], at: float) -> tuple[int | None, tuple[Reading, ...]]:
        readings = session.update_scores(faces, [scores(random) for _ in faces], at, 640)
        return session.rested, readings

    mine, readings = rested([LARGE, SMALL], 0.0)
    assert mine == readings[0].track_id
    grown = Face((250, 0, 370, 120), 0.9)
    rested([Face((300, 0, 380, 80), 0.9), LARGE], 0.1)
    seen = [scores(random), scores(random)]
    larger, me = session.update_scores([grown, LARGE], seen, 0.2, 640)
    assert session.rested == me.track_id == mine
    assert larger.scores == seen[0], "whose face grows larger is not the person"
    assert me.scores == REST.shift(seen[1])
    assert rested([grown], 0.3)[0] is None, "who stays is not the one who left"
    somebody, readings = rested([grown], 2.5)
    assert somebody == readings[0].track_id != mine


@pytest.mark.parametrize(("side", "alone"), [(30, True), (80, False)])
def test_a_capture_wants_one_person_but_not_an_empty_room(side: int, alone: bool, tmp_path: Path) -> None:
    import cv2

    clip = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(clip, cv2.VideoWriter.fourcc(*"MJPG"), 3, (640, 480))
    for _ in range(33):
        writer.write(np.zeros((480, 640, 3), np.uint8))
    writer.release()
    logits = (0.3, -2.1, 0.3, -0.4, 2.4, -1.3, 2.3)
    shown = np.exp(logits) / np.exp(logits).sum()
    classifier = FakeClassifier(Scores(tuple(shown.tolist()), logits, Quality(100, 0.5, 0.2, 1, 1, 0)))
    other = Face((300, 0, 300 + side, side), 0.9)
    mirror = Mirror(Settings(), detector=FakeDetector([LARGE, other]), classifier=classifier)
    if alone:
        parts: list[float] = []
        rest = mirror.capture_rest(clip, parts.append)
        assert (rest.read_as, rest.readings, rest.model) == ("sad", 31, classifier.card.sha256)
        assert parts[-1] == 1
    else:
        with pytest.raises(NotAtRest, match="more than one face"):
            mirror.capture_rest(clip)


def test_a_photo_with_several_faces_is_read_without_the_resting_face_of_one(fake: Mirror) -> None:
    pixels = np.zeros((120, 400, 3), np.uint8)
    several, plain = fake.read(pixels, REST), fake.read(pixels)
    assert (several.rested, several.faces) == (False, plain.faces)
    alone = Mirror(Settings(), detector=FakeDetector([LARGE]), classifier=fake.classifier)
    one = alone.read(pixels, REST)
    assert one.rested
    assert one.to_dict()["rested"] is True
    added = np.subtract(one.faces[0].scores.logits, plain.faces[0].scores.logits)
    assert added == pytest.approx(REST.offset)
