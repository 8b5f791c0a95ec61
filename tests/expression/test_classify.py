from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moodmirror.errors import ModelError
from moodmirror.expression.card import ModelCard, card_path, read_model
from moodmirror.expression.classify import (
    SHIPPED_MODEL,
    FakeClassifier,
    OnnxClassifier,
    _around,
    _geometry,
    _no_crops,
)
from moodmirror.types import EXPRESSIONS, Face, Frame
from moodmirror.vision.detect import BlazeFaceDetector, HaarDetector
from moodmirror.vision.runtime import Array
from tests.golden.pictures import pictures

HAPPY = EXPRESSIONS.index("happy")


@pytest.fixture(scope="module")
def portrait() -> Frame:
    return Frame(pictures()["portrait"])


@pytest.fixture(scope="module")
def face(portrait: Frame) -> Face:
    return BlazeFaceDetector().detect(portrait)[0]


@pytest.fixture(scope="module")
def shipped() -> OnnxClassifier:
    return OnnxClassifier()


def quarter_turned(frame: Frame, face: Face) -> tuple[Frame, Face]:
    """Both turned anticlockwise by 90 degrees: (x, y) goes to (y, width - x)."""
    width = frame.width
    left, top, right, bottom = face.bbox_xyxy
    turned = Face(
        (top, width - right, bottom, width - left), face.score, tuple((y, width - x) for x, y in face.landmarks)
    )
    return Frame(np.ascontiguousarray(np.rot90(frame.pixels))), turned


def test_a_smile_reads_as_happy(shipped: OnnxClassifier, portrait: Frame, face: Face) -> None:
    (scores,) = shipped.classify(portrait, [face])
    assert int(np.argmax(scores.probabilities)) == HAPPY
    assert sum(scores.probabilities) == pytest.approx(1, abs=1e-5)
    weights = np.exp(scores.logits)
    np.testing.assert_allclose(weights / weights.sum(), scores.probabilities, atol=1e-5)


def test_a_box_alone_is_enough(shipped: OnnxClassifier, portrait: Frame) -> None:
    (scores,) = shipped.classify(portrait, HaarDetector().detect(portrait))
    assert int(np.argmax(scores.probabilities)) == HAPPY
    assert scores.quality.yaw == 0


def test_no_faces_get_no_answers(shipped: OnnxClassifier, portrait: Frame) -> None:
    assert shipped.classify(portrait, []) == ()


def test_faces_are_answered_in_their_order_and_each_by_itself(
    shipped: OnnxClassifier, portrait: Frame, face: Face
) -> None:
    other = Face((300, 250, 420, 370), 0.5)
    together = shipped.classify(portrait, [other, face])
    apart = [shipped.classify(portrait, [one])[0] for one in (other, face)]
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a.probabilities, b.probabilities, atol=1e-5)


def test_a_face_reads_the_same_lying_and_standing_on_its_head(
    shipped: OnnxClassifier, portrait: Frame, face: Face
) -> None:
    (upright,) = shipped.classify(portrait, [face])
    frame, turned = portrait, face
    for _ in range(3):
        frame, turned = quarter_turned(frame, turned)
        (scores,) = shipped.classify(frame, [turned])
        np.testing.assert_allclose(scores.probabilities, upright.probabilities, atol=2e-3)


@pytest.mark.parametrize("turn", range(4))
def test_only_the_part_around_the_faces_is_read_and_nothing_is_lost_by_it(
    shipped: OnnxClassifier, portrait: Frame, face: Face, turn: int
) -> None:
    frame, turned = portrait, face
    for _ in range(turn):
        frame, turned = quarter_turned(frame, turned)
    blind = Face(turned.bbox_xyxy, 0.9)
    edge = Face((-60.0, -40.0, 60.0, 80.0), 0.9)
    for faces in ([turned], [blind], [edge], [turned, edge]):
        whole: dict[str, Array] = {
            **_geometry(faces),
            "image": np.ascontiguousarray(frame.pixels),
            "crops_in": _no_crops(),
        }
        names = ("probabilities", "quality", "crops")
        expected = shipped._express.run(names, whole)
        part = shipped._express.run(names, {**_around(frame, faces), "crops_in": _no_crops()})
        for a, b in zip(expected, part, strict=True):
            np.testing.assert_allclose(a, b, atol=2e-3)


def test_framed_faces_are_read_pixel_for_pixel(shipped: OnnxClassifier) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    heads = shipped.read_heads(crops)
    assert heads.votes is not None
    assert heads.shown.shape == heads.labels.shape == (5, 7)
    assert heads.votes.shape == (5, 8)
    alone = shipped.read_heads(crops[3:4])
    for part in ("shown", "labels", "votes"):
        np.testing.assert_allclose(getattr(heads, part).sum(1), 1, atol=1e-5)
        np.testing.assert_allclose(getattr(alone, part), getattr(heads, part)[3:4], atol=1e-5)
        assert len(getattr(shipped.read_heads(crops[:0]), part)) == 0


def test_quality_tells_darkness_edges_and_turned_heads(shipped: OnnxClassifier, portrait: Frame, face: Face) -> None:
    (bright,) = shipped.classify(portrait, [face])
    (dark,) = shipped.classify(Frame(portrait.pixels // 4), [face])
    assert dark.quality.brightness == pytest.approx(bright.quality.brightness / 4, abs=0.01)
    assert bright.quality.inside == 1
    (outside,) = shipped.classify(portrait, [Face((-60, 100, 60, 220), 0.9)])
    assert outside.quality.inside == pytest.approx(0.5, abs=0.05)
    nose_x, nose_y = face.landmarks[2]
    eye_distance = face.landmarks[1][0] - face.landmarks[0][0]
    aside = (*face.landmarks[:2], (nose_x + eye_distance, nose_y), *face.landmarks[3:])
    (turned,) = shipped.classify(portrait, [dataclasses.replace(face, landmarks=aside)])
    assert turned.quality.yaw == pytest.approx(bright.quality.yaw + 1, abs=0.1)


def test_blur_lowers_sharpness(shipped: OnnxClassifier, portrait: Frame, face: Face) -> None:
    blurred = portrait.pixels.astype(np.float32)
    for axis in (0, 1):
        blurred = np.stack([np.roll(blurred, shift, axis) for shift in range(-6, 7)]).mean(0)
    (sharp,), (soft,) = (
        shipped.classify(Frame(pixels), [face]) for pixels in (portrait.pixels, blurred.astype(np.uint8))
    )
    assert soft.quality.sharpness < 0.7 * sharp.quality.sharpness


@settings(max_examples=25, deadline=None)
@given(
    box=st.tuples(*[st.floats(-2000, 3000, width=32)] * 4),
    eyes=st.lists(st.tuples(*[st.floats(-2000, 3000, width=32)] * 2), min_size=6, max_size=6) | st.just([]),
)
def test_any_box_gives_finite_probabilities(
    shipped: OnnxClassifier, box: tuple[float, float, float, float], eyes: list[tuple[float, float]]
) -> None:
    frame = Frame(np.full((40, 60, 3), 100, np.uint8))
    (scores,) = shipped.classify(frame, [Face(box, 0.5, tuple(eyes))])
    assert np.isfinite([*scores.probabilities, *scores.logits, *dataclasses.astuple(scores.quality)]).all()
    assert sum(scores.probabilities) == pytest.approx(1, abs=1e-4)


def test_the_card_tells_how_the_model_was_made(shipped: OnnxClassifier) -> None:
    card = shipped.card
    assert card.sha256 == hashlib.sha256(SHIPPED_MODEL.read_bytes()).hexdigest()
    assert card.labels == EXPRESSIONS
    assert 0 < card.min_confidence < 1
    assert card.figures["PublicTest"]["n"] == 3589
    assert card.agreement["onnx_fp32"] <= 1e-4
    assert SHIPPED_MODEL.stat().st_size <= 6e6


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped model and its card, where a test may harm them."""
    for source in (SHIPPED_MODEL, card_path(SHIPPED_MODEL)):
        shutil.copy(source, tmp_path / source.name)
    return tmp_path / SHIPPED_MODEL.name


def test_a_copy_of_the_model_is_read_like_the_original(copied: Path, shipped: OnnxClassifier) -> None:
    assert OnnxClassifier(copied).card == shipped.card


def test_a_tampered_model_is_refused(copied: Path) -> None:
    content = bytearray(copied.read_bytes())
    content[-100] ^= 1
    copied.write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        OnnxClassifier(copied)


@pytest.mark.parametrize("text", ["", "[]", '{"sha256"', "{}", '{"sha256": "00", "labels": ["happy"]}'])
def test_a_broken_card_is_refused(copied: Path, text: str) -> None:
    card_path(copied).write_text(text)
    with pytest.raises(ModelError, match=r"express\.json"):
        OnnxClassifier(copied)


def test_a_reader_without_its_card_is_refused(copied: Path) -> None:
    card_path(copied).unlink()
    with pytest.raises(ModelError, match="JSON"):
        OnnxClassifier(copied)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        OnnxClassifier(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(ModelError, match="ONNX"):
        OnnxClassifier(tmp_path / "text.onnx")


def test_a_card_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"weights")
    card = ModelCard("m", hashlib.sha256(b"weights").hexdigest(), temperature=1.25, min_confidence=0.4)
    (tmp_path / "m.json").write_text(card.to_json())
    assert read_model(tmp_path / "m.onnx") == (b"weights", card)


def own_model(path: Path, shape: list[int | str], *, softmax: bool = True, classes: int = 7) -> Path:
    """A classifier as users have them: scores of class i grow with the crop's mean light, and class 1 wins in light."""
    helper = pytest.importorskip("onnx.helper", reason="needs the extra 'build'")
    numpy_helper = pytest.importorskip("onnx.numpy_helper", reason="needs the extra 'build'")
    weights: NDArray[np.float32] = np.zeros((1, classes), np.float32)
    weights[0, 1], weights[0, 4] = 4, 1
    nodes = [
        helper.make_node("Flatten", ["picture"], ["flat"]),
        helper.make_node("ReduceMean", ["flat", "axis"], ["mean"]),
        helper.make_node("MatMul", ["mean", "weights"], ["scores"]),
        helper.make_node("Softmax" if softmax else "Identity", ["scores"], ["answer"]),
    ]
    graph = helper.make_graph(
        nodes,
        "own",
        [helper.make_tensor_value_info("picture", 1, shape)],
        [helper.make_tensor_value_info("answer", 1, [shape[0], classes])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("shape", [["n", 1, 48, 48], ["n", 48, 48, 1], [1, 48, 48, 1]])
@pytest.mark.parametrize("softmax", [True, False])
def test_a_users_own_model_reads_framed_faces(
    tmp_path: Path, portrait: Frame, face: Face, shape: list[int | str], softmax: bool
) -> None:
    classifier = OnnxClassifier(own_model(tmp_path / "own.onnx", shape, softmax=softmax))
    one, two = classifier.classify(portrait, [face, face])
    assert one == two
    assert int(np.argmax(one.probabilities)) == 1
    assert sum(one.probabilities) == pytest.approx(1, abs=1e-5)
    assert one.quality.size_px > 48
    white = np.full((3, 48, 48), 255, np.uint8)
    expected = np.exp([0, 4, 0, 0, 1, 0, 0]) / np.exp([0, 4, 0, 0, 1, 0, 0]).sum()
    np.testing.assert_allclose(classifier.read_heads(white).shown, [expected] * 3, atol=1e-5)


def test_a_card_may_give_the_order_of_ones_own_labels(tmp_path: Path) -> None:
    path = own_model(tmp_path / "own.onnx", ["n", 48, 48, 1])
    labels = sorted(EXPRESSIONS)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    card_path(path).write_text(json.dumps({"sha256": sha256, "labels": labels}))
    probabilities = OnnxClassifier(path).read_heads(np.full((1, 48, 48), 255, np.uint8)).shown
    assert EXPRESSIONS[int(probabilities[0].argmax())] == labels[1]
    second = float(np.sort(probabilities[0])[-2])
    assert probabilities[0][EXPRESSIONS.index("neutral")] == pytest.approx(second)


@pytest.mark.parametrize(
    ("shape", "classes"), [(["n", 3, 48, 48], 7), (["n", 1, 64, 64], 7), (["n", 1, 48, 48], 8), ([4, 1, 48, 48], 7)]
)
def test_models_of_another_shape_are_refused(tmp_path: Path, shape: list[int | str], classes: int) -> None:
    with pytest.raises(ModelError, match=r"expected one input, float \(n, 1, 48, 48\)"):
        OnnxClassifier(own_model(tmp_path / "own.onnx", shape, classes=classes))


def test_the_fake_gives_every_face_the_same_scores(portrait: Frame, face: Face) -> None:
    one, two = FakeClassifier().classify(portrait, [face, face])
    assert one == two
    assert sum(one.probabilities) == pytest.approx(1)
