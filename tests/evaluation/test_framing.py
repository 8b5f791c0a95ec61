from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.framing import (
    FaceReader,
    away_from_faces,
    measure_pasted,
    measure_small,
    paste,
    shrink,
)
from moodmirror.expression.classify import SHIPPED_MODEL
from moodmirror.mirror import Mirror
from moodmirror.types import Face, Frame
from moodmirror.vision.detect import BlazeFaceDetector, FakeDetector, iou
from tests.data import data_dir
from tests.golden.pictures import pictures


@pytest.fixture(scope="module")
def portrait() -> Frame:
    return Frame(pictures()["portrait"])


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    return Mirror()


def crop(portrait: Frame) -> NDArray[np.uint8]:
    blocks = portrait.pixels[56:200, 153:297, 1].reshape(48, 3, 48, 3)
    return np.asarray(blocks.mean((1, 3)), np.uint8)


def test_a_pasted_crop_lies_where_it_says(portrait: Frame) -> None:
    random = np.random.default_rng(3)
    for _ in range(6):
        pasted = paste(crop(portrait), random, max_roll_deg=0.0)
        half = int(pasted.side_px / 2) - 4
        x, y = (round(v) for v in pasted.centre)
        inside = pasted.frame.pixels[y - half : y + half, x - half : x + half, 0].astype(float)
        assert 160 <= pasted.side_px <= 300
        assert pasted.roll_deg == 0
        assert inside.std() == pytest.approx(crop(portrait).std(), rel=0.15)
        assert pasted.frame.pixels.shape == (480, 640, 3)


def test_pasted_crops_are_turned_both_ways(portrait: Frame) -> None:
    random = np.random.default_rng(0)
    scenes = [paste(crop(portrait), random, max_roll_deg=20.0) for _ in range(40)]
    rolls = [scene.roll_deg for scene in scenes]
    assert min(rolls) < -10 < 10 < max(rolls)
    assert max(map(abs, rolls)) <= 20
    # A picture turned by so much shows its eyes turned by so much; on the screen positive is against the clock.
    steepest = max(scenes, key=lambda scene: scene.roll_deg)
    (face,) = BlazeFaceDetector().detect(steepest.frame)
    right_eye, left_eye = np.array(face.landmarks[:2])
    seen = -np.degrees(np.arctan2(*(left_eye - right_eye)[::-1]))
    assert seen == pytest.approx(steepest.roll_deg, abs=12)


def test_a_box_elsewhere_is_not_the_pasted_face(portrait: Frame) -> None:
    pasted = paste(crop(portrait), np.random.default_rng(0))
    left, top, right, bottom = pasted.bbox_xyxy
    side = pasted.side_px
    assert pasted.shows(Face((left, top, right, bottom), 1.0))
    assert pasted.shows(Face((left + side * 0.3, top + side * 0.2, left + side * 0.7, top + side * 0.6), 1.0))
    assert not pasted.shows(Face((left + side, top, right + side, bottom), 1.0))
    assert not pasted.shows(Face((left - side, top - side, right + side, bottom + side), 1.0))
    assert not pasted.shows(Face((left + side * 0.4, top + side * 0.4, left + side * 0.5, top + side * 0.5), 1.0))


@pytest.mark.parametrize("side_px", [40, 80])
def test_a_shrunken_face_has_the_size_and_place_that_are_said(portrait: Frame, mirror: Mirror, side_px: int) -> None:
    (face,), _ = mirror.score(portrait)
    scene, box = shrink(portrait, face, side_px)
    assert scene.pixels.shape == (480, 640, 3)
    assert box[2] - box[0] == pytest.approx(side_px)
    (small,) = mirror.detector.detect(scene)
    assert iou(small.bbox_xyxy, box) > 0.5


def test_a_picture_larger_than_the_frame_is_cut_around_its_face(portrait: Frame) -> None:
    wide = Frame(np.tile(portrait.pixels, (1, 4, 1)))
    scene, box = shrink(wide, Face((172 + 1536, 66, 276 + 1536, 182), 1.0), 80)
    assert box[0] >= 0
    assert box[2] <= 640
    (seen, *_) = sorted(BlazeFaceDetector().detect(scene), key=lambda face: -iou(face.bbox_xyxy, box))
    assert iou(seen.bbox_xyxy, box) > 0.5


def test_a_miss_counts_as_wrong(portrait: Frame) -> None:
    crops = np.stack([crop(portrait)] * 3)
    happy = LabelledCrops(crops, np.full(3, 3, np.int64), np.full(3, "PublicTest"))
    missed = measure_pasted(FakeDetector(), SHIPPED_MODEL, happy)
    assert (missed.found, missed.any_face, missed.labels[1], missed.shown[1]) == (0, 0, 0.0, 0.0)
    assert missed.labels[0] in {0.0, 1.0}
    found = measure_pasted(BlazeFaceDetector(), SHIPPED_MODEL, happy)
    assert found.found == found.any_face == 3
    assert found.labels == (1.0, 1.0)
    assert found.false_boxes == 0


def test_a_box_beside_the_face_is_false_and_no_find(portrait: Frame) -> None:
    data = LabelledCrops(crop(portrait)[None], np.array([3]), np.array(["PublicTest"]))
    figures = measure_pasted(FakeDetector([Face((0, 0, 12, 12), 0.9)]), SHIPPED_MODEL, data)
    assert (figures.found, figures.any_face, figures.false_boxes) == (0, 1, 1)


def test_the_face_reader_says_what_the_mirror_says(portrait: Frame, mirror: Mirror) -> None:
    (face,), (scores,) = mirror.score(portrait)
    heads = FaceReader().read(portrait, face)
    np.testing.assert_allclose(heads.shown[0], scores.probabilities, atol=1e-4)
    assert heads.labels.shape == (1, 7)


def test_small_faces_are_counted_by_size(portrait: Frame, mirror: Mirror) -> None:
    large, tiny = measure_small(mirror, [portrait], (80, 6))
    assert (large.n, large.found, large.same) == (1, 1, 1)
    assert (tiny.side_px, tiny.found, tiny.same) == (6, 0, 0)


def test_photographs_without_a_face_are_an_error(mirror: Mirror) -> None:
    with pytest.raises(DataError, match="no face is found"):
        measure_small(mirror, [Frame(np.full((200, 200, 3), 90, np.uint8))])


def test_cut_outs_keep_away_from_the_head(portrait: Frame) -> None:
    marked = Frame(portrait.pixels.copy())
    marked.pixels[:] = 0
    marked.pixels[66:182, 172:276] = 255
    cuts = away_from_faces(marked, [Face((172, 66, 276, 182), 1.0)], np.random.default_rng(0), 5)
    assert len(cuts) == 5
    assert all(cut.pixels.max() == 0 for cut in cuts)
    assert away_from_faces(marked, [Face((0, 0, 512, 512), 1.0)], np.random.default_rng(0), 5) == ()


def test_photographed_faces_of_40_to_80_pixels_are_found(mirror: Mirror) -> None:
    from moodmirror.vision.decode import read_image

    photos = [read_image(path) for path in sorted(data_dir("photos").glob("img*.jpg"))]
    for figures in measure_small(mirror, photos, (40, 80)):
        assert figures.found >= 0.95 * figures.n, figures
