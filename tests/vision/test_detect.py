from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from moodmirror.errors import ModelError
from moodmirror.types import BoxXYXY, Face, Frame
from moodmirror.vision.decode import read_image
from moodmirror.vision.detect import (
    CANDIDATES,
    DETECTORS,
    FACE_SCORE,
    FACES,
    MEAN_SCORE,
    MODELS,
    BlazeFaceDetector,
    DetectorName,
    FakeDetector,
    HaarDetector,
    iou,
    open_detector,
)
from moodmirror.vision.runtime import Graph
from tests.data import data_dir
from tests.golden.pictures import pictures

HAND_SET: BoxXYXY = (172, 66, 276, 182)
"""The face of skimage's astronaut, brow to chin and ear to ear, set by hand."""


@pytest.fixture(scope="module")
def portrait() -> Frame:
    return Frame(pictures()["portrait"])


@pytest.fixture(scope="module")
def blazeface() -> BlazeFaceDetector:
    return BlazeFaceDetector()


def shrunk(picture: NDArray[np.uint8], side_px: int) -> Frame:
    """The picture at ``side_px`` in the middle of a grey 640x480 frame."""
    scene = np.full((480, 640, 3), 96, np.uint8)
    small = cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA)
    top, left = (480 - side_px) // 2, (640 - side_px) // 2
    scene[top : top + side_px, left : left + side_px] = small
    return Frame(scene)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_one_face_of_a_portrait(portrait: Frame, name: DetectorName) -> None:
    (face,) = open_detector(name).detect(portrait)
    assert iou(face.bbox_xyxy, HAND_SET) >= 0.5
    assert 0.5 <= face.score <= 1


def test_landmarks_are_right_eye_left_eye_nose_mouth_and_ears(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    (face,) = blazeface.detect(portrait)
    right_eye, left_eye, nose, mouth, right_ear, left_ear = face.landmarks
    assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1]


def test_haar_gives_a_box_like_blazefaces_and_no_landmarks(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    (face,) = HaarDetector().detect(portrait)
    assert face.landmarks == ()
    assert iou(face.bbox_xyxy, blazeface.detect(portrait)[0].bbox_xyxy) >= 0.6


def test_auto_finds_a_small_face_that_the_short_range_misses(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    scene = shrunk(portrait.pixels, 240)
    assert BlazeFaceDetector("short").detect(scene) == ()
    (face,) = blazeface.detect(scene)
    assert face.bbox_xyxy[2] - face.bbox_xyxy[0] < 60


def test_auto_finds_a_small_face_beside_a_large_one(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    scene = np.full((512, 800, 3), 96, np.uint8)
    scene[:, :512] = portrait.pixels
    scene[100:420, 480:] = cv2.resize(portrait.pixels, (320, 320), interpolation=cv2.INTER_AREA)
    faces = blazeface.detect(Frame(scene))
    assert sorted(round((face.bbox_xyxy[2] - face.bbox_xyxy[0]) / 30) for face in faces) == [2, 3]


def dim(picture: NDArray[np.uint8], side_px: int, light: int) -> Frame:
    """A portrait's face, framed closely, at ``side_px`` in a 640x480 frame, at 1/``light`` of the light."""
    face = cv2.resize(picture[56:200, 153:297], (side_px, side_px), interpolation=cv2.INTER_AREA)
    scene = np.full((480, 640, 3), 96, np.uint8)
    scene[150 : 150 + side_px, 200 : 200 + side_px] = face
    return Frame(scene // light)


@pytest.mark.parametrize(("side_px", "light"), [(90, 8), (100, 4), (100, 8)])
def test_auto_finds_a_dim_face_that_neither_range_is_sure_of(
    portrait: Frame, blazeface: BlazeFaceDetector, side_px: int, light: int
) -> None:
    scene = dim(portrait.pixels, side_px, light)
    assert BlazeFaceDetector("short").detect(scene) == ()
    assert BlazeFaceDetector("full").detect(scene) == ()
    (face,) = blazeface.detect(scene)
    scale = side_px / 144
    left, top, right, bottom = np.subtract(HAND_SET, (153, 56, 153, 56)) * scale + (200, 150, 200, 150)
    want: BoxXYXY = (left, top, right, bottom)
    assert iou(face.bbox_xyxy, want) >= 0.5
    right_eye, left_eye, nose = face.landmarks[:3]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert MEAN_SCORE <= face.score <= 1


def test_candidates_begin_with_the_faces(portrait: Frame) -> None:
    graph = Graph(MODELS / "detect.onnx")
    faces = graph.run(FACES, {"image": portrait.pixels})
    candidates = graph.run(CANDIDATES, {"image": portrait.pixels})
    count = len(faces[0])
    assert count == 1 < len(candidates[0])
    for of_faces, of_candidates in zip(faces, candidates, strict=True):
        np.testing.assert_array_equal(of_candidates[:count], of_faces)
    assert (candidates[2][count:] <= FACE_SCORE).all()


def test_few_pictures_of_noise_hold_a_face(blazeface: BlazeFaceDetector) -> None:
    """Grain of every size: what a camera gives in the dark, or a wall out of focus."""
    random = np.random.default_rng(0)
    boxed = 0
    for sigma in np.geomspace(0.5, 40, 24):
        grain = cv2.GaussianBlur(random.normal(0, 1, (240, 320, 3)), (0, 0), float(sigma))
        pixels = np.clip(128 + 50 * grain / grain.std(), 0, 255).astype(np.uint8)
        boxed += bool(blazeface.detect(Frame(pixels)))
    assert boxed <= 8


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("size", [(480, 640), (1, 1), (8, 900), (17, 17), (900, 20), (31, 977)])
def test_a_frame_without_a_face_is_an_answer(name: DetectorName, size: tuple[int, int]) -> None:
    assert open_detector(name).detect(Frame(np.full((*size, 3), 128, np.uint8))) == ()


def test_a_face_is_found_at_a_quarter_of_the_light_and_tilted(blazeface: BlazeFaceDetector) -> None:
    (face,) = blazeface.detect(Frame(pictures()["dark"]))
    right_eye, left_eye = face.landmarks[:2]
    assert left_eye[0] > right_eye[0]


def test_a_box_may_reach_over_the_edge_of_the_frame(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    cut = Frame(np.ascontiguousarray(portrait.pixels[:, 205:]))
    faces = blazeface.detect(cut)
    assert all(np.isfinite(face.bbox_xyxy).all() for face in faces)


def test_part_of_a_larger_array_is_read_as_a_copy_of_it_would_be(portrait: Frame, blazeface: BlazeFaceDetector) -> None:
    view = portrait.pixels[10:400, 30:430]
    assert blazeface.detect(Frame(view)) == blazeface.detect(Frame(view.copy()))


def test_a_missing_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make run"):
        BlazeFaceDetector(models=tmp_path)


def test_a_broken_graph_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "detect.onnx").write_bytes((MODELS / "detect.onnx").read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"detect\.onnx"):
        BlazeFaceDetector("short", models=tmp_path)


def test_the_fake_finds_what_it_was_given(portrait: Frame) -> None:
    face = Face((1, 2, 3, 4), 0.9)
    assert FakeDetector([face]).detect(portrait) == (face,)
    assert FakeDetector().detect(portrait) == ()


def test_every_portrait_photo_shows_its_one_face(blazeface: BlazeFaceDetector) -> None:
    photos = sorted(path for path in data_dir("photos").glob("img*.jpg"))
    found = {path.name: len(blazeface.detect(read_image(path))) for path in photos}
    assert found == {path.name: 1 for path in photos}


def test_small_photographed_faces_are_found(blazeface: BlazeFaceDetector) -> None:
    """Faces of 50 pixels in a 640x480 frame, from real photographs."""
    photos = sorted(path for path in data_dir("photos").glob("img*.jpg"))
    hits = 0
    for path in photos:
        frame = read_image(path)
        box = blazeface.detect(frame)[0].bbox_xyxy
        scale = 50 / (box[2] - box[0])
        size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
        small = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA)[:480, :640]
        scene = np.full((480, 640, 3), 96, np.uint8)
        scene[: small.shape[0], : small.shape[1]] = small
        want: BoxXYXY = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
        hits += any(iou(face.bbox_xyxy, want) > 0.4 for face in blazeface.detect(Frame(scene)))
    assert hits >= 0.95 * len(photos)
