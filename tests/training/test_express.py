from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.expression.card import ModelCard
from moodmirror.expression.classify import OnnxClassifier
from moodmirror.types import Face, Frame
from moodmirror.vision.detect import BlazeFaceDetector, FakeDetector
from tests import needs
from tests.golden.pictures import pictures
from tests.training.test_train import striped, tiny

needs_torch = pytest.fixture(autouse=True, scope="module")(needs.torch)


@pytest.fixture(scope="module")
def data() -> LabelledCrops:
    return striped(240)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, data: LabelledCrops) -> Path:
    from moodmirror.training.train import train

    return train(data, tmp_path_factory.mktemp("run"), tiny(epochs=4))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, run: Path, data: LabelledCrops) -> tuple[Path, ModelCard]:
    from moodmirror.training.express import export_model

    out = tmp_path_factory.mktemp("model") / "reader.onnx"
    return out, export_model(run, data, out)


def test_an_exported_model_is_whole_and_says_how_it_was_made(exported: tuple[Path, ModelCard]) -> None:
    path, card = exported
    assert sorted(file.name for file in path.parent.iterdir()) == ["reader.json", "reader.onnx"]
    assert OnnxClassifier(path).card == card
    assert card.view_px == 32
    assert card.recipe["epochs"] == 4
    assert card.figures["PublicTest"]["n"] == 80
    assert card.agreement["onnx_fp32"] <= 1e-4
    assert card.asserted_accuracy is not None
    assert card.asserted_accuracy >= 0.75


def test_the_exported_model_says_what_pytorch_says(
    exported: tuple[Path, ModelCard], run: Path, data: LabelledCrops
) -> None:
    from moodmirror.training.train import load_network, predict

    path, card = exported
    net, recipe = load_network(run)
    by_label, by_vote = predict(net, data.crops, recipe.view_px)
    heads = OnnxClassifier(path).read_heads(data.crops)
    np.testing.assert_allclose(heads.labels, softmax(by_label / card.temperature), atol=0.01)
    assert heads.votes is not None
    np.testing.assert_allclose(heads.votes, softmax(by_vote), atol=0.01)
    # These data have no votes: people see what the label head says.
    assert card.shown == {"labels": 1.0, "votes": 0.0}
    np.testing.assert_allclose(heads.shown, heads.labels, atol=1e-6)


def test_with_votes_the_raters_judge_what_is_asserted(tmp_path: Path, data: LabelledCrops) -> None:
    from moodmirror.training.express import export_model
    from moodmirror.training.train import train

    votes = np.zeros((len(data), 10), np.int64)
    # What stripes 3 and 4 are called by most raters: happiness and sadness.
    votes[np.arange(len(data)), np.where(data.labels == 3, 1, 3)] = 8
    rated = dataclasses.replace(data, votes=votes)
    run = train(rated, tmp_path / "run", tiny(epochs=4))
    card = export_model(run, rated, tmp_path / "rated.onnx")
    assert card.asserted_by == "votes"
    assert card.asserted_accuracy is not None
    assert card.asserted_accuracy >= 0.9
    assert card.shown["votes"] > 0


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    weights: NDArray[np.float32] = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def test_the_pool_of_known_weights_is_found() -> None:
    from moodmirror.training.express import fit_pool

    random = np.random.default_rng(0)
    a, b, noise = random.normal(0, 1, (3, 5000, 7)).astype(np.float32)
    weights = fit_pool([a, b, noise], softmax(0.7 * a + 1.4 * b))
    np.testing.assert_allclose(weights, [0.7, 1.4, 0], atol=0.01)
    assert fit_pool([a, -a], softmax(a)).tolist() == pytest.approx([1, 0], abs=0.05)


def test_a_face_is_framed_as_the_training_pictures_are(exported: tuple[Path, ModelCard]) -> None:
    path, card = exported
    side = 100 * card.framing["side_per_box"]
    frame = Frame(np.full((300, 300, 3), 90, np.uint8))
    (scores,) = OnnxClassifier(path).classify(frame, [Face((100, 100, 200, 200), 1.0)])
    assert scores.quality.size_px == pytest.approx(side, abs=1e-3)
    (half_out,) = OnnxClassifier(path).classify(frame, [Face((-50, 100, 50, 200), 1.0)])
    assert half_out.quality.inside == pytest.approx(0.5, abs=0.03)
    (top_out,) = OnnxClassifier(path).classify(frame, [Face((100, -50, 200, 50), 1.0)])
    assert top_out.quality.inside == pytest.approx(0.5 + card.framing["box_to_centre"], abs=0.03)


def test_the_temperature_of_known_odds_is_found() -> None:
    from moodmirror.training.express import fit_temperature

    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 7)).astype(np.float32)
    odds = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (odds.cumsum(1) < random.random((len(odds), 1))).sum(1).clip(0, 6)
    assert fit_temperature(logits * 3, labels) == pytest.approx(3, rel=0.03)


def test_framing_is_found_again_on_pasted_pictures() -> None:
    from moodmirror.training.framing import fit_framing

    face = pictures()["portrait"][56:200, 153:297, 1].reshape(48, 3, 48, 3).mean((1, 3)).astype(np.uint8)
    fitted = fit_framing(np.stack([face] * 40), BlazeFaceDetector("short"), seed=0)
    assert fitted.n == 40
    assert fitted.found >= 0.9
    # The detector gives this face a box of 94.6 pixels, and the pasted square has 144.
    assert fitted.side_per_box == pytest.approx(144 / 94.6, rel=0.06)
    # One face: only the detector's own unsteadiness under size and roll is left.
    assert 0 < fitted.spread[0] < 0.1


def test_framing_without_faces_is_an_error() -> None:
    from moodmirror.training.framing import fit_framing

    with pytest.raises(DataError, match="only 0 of 3"):
        fit_framing(np.zeros((3, 48, 48), np.uint8), FakeDetector(), seed=0)
