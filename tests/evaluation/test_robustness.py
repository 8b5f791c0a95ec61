from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.metrics import wilson_interval
from moodmirror.evaluation.picture import drawn_face
from moodmirror.evaluation.robustness import CONDITIONS, PASSES, SEED, Condition, moved, robustness
from moodmirror.expression.classify import OnnxClassifier

FACE = drawn_face()
BY_NAME = {condition.name: condition for condition in CONDITIONS}


def seen(condition: Condition, crop: NDArray[np.uint8] = FACE, view: int = 0) -> NDArray[np.int64]:
    (changed,) = condition.views[view](crop[None], np.random.default_rng(0))
    return np.asarray(changed, np.int64)


def test_the_gate_holds_the_six_conditions_that_it_is_about() -> None:
    assert {name: one.limit for name, one in BY_NAME.items() if one.limit is not None} == {
        "light_4": 0.085,
        "noise_10": 0.05,
        "face_24px": 0.10,
        "roll_20": 0.035,
        "box_large_20": 0.0275,
        "box_small_20": 0.0175,
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_every_condition_changes_a_face_and_keeps_its_form(name: str) -> None:
    for view in BY_NAME[name].views:
        crops = np.stack([FACE, FACE[:, ::-1]])
        before = crops.copy()
        changed = view(crops, np.random.default_rng(0))
        assert changed.shape == crops.shape
        assert changed.dtype == np.uint8
        assert (changed != crops).mean() > 0.1
        np.testing.assert_array_equal(crops, before)


def test_a_quarter_of_the_light_divides_whole_numbers() -> None:
    np.testing.assert_array_equal(seen(BY_NAME["light_4"]), FACE.astype(np.int64) // 4)


def test_noise_has_the_stated_deviation_and_the_same_seed_the_same_noise() -> None:
    grey = np.full((48, 48), 128, np.uint8)
    noisy = seen(BY_NAME["noise_10"], grey)
    assert noisy.std() == pytest.approx(10, rel=0.05)
    assert noisy.mean() == pytest.approx(128, abs=1)
    np.testing.assert_array_equal(noisy, seen(BY_NAME["noise_10"], grey))


def test_a_small_face_loses_what_24_pixels_cannot_hold() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (48, 24))
    assert np.ptp(seen(BY_NAME["face_24px"], stripes)) <= 1
    broad = np.repeat(np.array([0, 255] * 4, np.uint8), 6)[None].repeat(48, 0)
    assert np.ptp(seen(BY_NAME["face_24px"], broad)) > 200


def test_roll_turns_about_the_centre_and_both_ways_are_mirrored() -> None:
    dot = np.zeros((48, 48), np.uint8)
    dot[22:26, 38:42] = 255
    one, two = (seen(BY_NAME["roll_20"], dot, view) for view in (0, 1))
    np.testing.assert_allclose(one, two[::-1], atol=2)
    y, x = (float((grid * one).sum() / one.sum()) - 23.5 for grid in np.mgrid[:48, :48])
    assert np.degrees(np.arctan2(-y, x)) == pytest.approx(20, abs=1)
    assert np.hypot(x, y) == pytest.approx(16, abs=0.3)


@pytest.mark.parametrize(("name", "factor"), [("box_large_20", 1 / 1.2), ("box_small_20", 1 / 0.8)])
def test_a_wrong_box_scales_the_face_about_the_centre(name: str, factor: float) -> None:
    square = np.zeros((48, 48), np.uint8)
    square[14:34, 14:34] = 255
    scaled = seen(BY_NAME[name], square)
    assert scaled.sum() / 255 == pytest.approx((20 * factor) ** 2, rel=0.02)
    y, x = (float((grid * scaled).sum() / scaled.sum()) for grid in np.mgrid[:48, :48])
    assert (x, y) == pytest.approx((23.5, 23.5), abs=0.1)


def test_what_a_large_box_takes_in_repeats_the_edge() -> None:
    ramp = np.tile(np.linspace(50, 200, 48).astype(np.uint8), (48, 1))
    wide = seen(BY_NAME["box_large_20"], ramp)
    assert (wide[:, :3] == 50).all()
    assert (wide[:, -3:] == 200).all()


def test_a_shift_moves_by_a_share_of_the_side() -> None:
    dot = np.zeros((48, 48), np.uint8)
    dot[20:24, 20:24] = 255
    (right,) = moved(shift=(0.125, 0))(dot[None], np.random.default_rng(0))
    np.testing.assert_array_equal(right, np.roll(dot, 6, 1))


def test_side_light_falls_from_one_side_to_the_other() -> None:
    grey = np.full((48, 48), 200, np.uint8)
    left, right = (seen(BY_NAME["side_light"], grey, view)[0] for view in (0, 1))
    assert (left[0], left[-1]) == (50, 200)
    np.testing.assert_array_equal(left, right[::-1])


def linear_model(path: Path) -> Path:
    """A classifier of random weights, one a pixel and class: any change of a picture may change its answer."""
    helper = pytest.importorskip("onnx.helper", reason="needs the extra 'build'")
    numpy_helper = pytest.importorskip("onnx.numpy_helper", reason="needs the extra 'build'")
    weights = np.random.default_rng(1).normal(0, 1, (48 * 48, 7)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["picture"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["answer"]),
        ],
        "linear",
        [helper.make_tensor_value_info("picture", 1, ["n", 1, 48, 48])],
        [helper.make_tensor_value_info("answer", 1, ["n", 7])],
        [numpy_helper.from_array(weights - weights.mean(0), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


def test_losses_are_the_answers_that_change_averaged_over_views(tmp_path: Path) -> None:
    classifier = OnnxClassifier(linear_model(tmp_path / "linear.onnx"))
    random = np.random.default_rng(0)
    # Faint enough for noise to matter.
    coarse = random.integers(110, 146, (48, 6, 6)).astype(np.uint8)
    crops = coarse.repeat(8, 1).repeat(8, 2)
    answers = classifier.read_heads(crops).labels.argmax(1)
    done: list[int] = []
    data = LabelledCrops(crops, answers, np.array(["a"] * len(crops)))
    losses = {loss.condition.name: loss for loss in robustness(classifier, data, 1.0, progress=done.append)}
    assert list(losses) == list(BY_NAME)
    for name in ("light_4", "noise_10", "roll_20", "shift_10"):
        changed = [view(crops, np.random.default_rng(SEED)) for view in BY_NAME[name].views]
        kept = [(classifier.read_heads(part).labels.argmax(1) == answers).mean() for part in changed]
        assert losses[name].accuracy == pytest.approx(np.mean(kept))
        assert losses[name].lost == pytest.approx(1 - np.mean(kept))
        assert losses[name].accuracy_interval == wilson_interval(losses[name].accuracy, len(crops))
    assert max(loss.lost for loss in losses.values()) > 0
    assert done[-1] == len(data) * PASSES
    assert done == sorted(done)
