"""A trained network to the model that ships: calibrated, checked, one ONNX file with a JSON of its making."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import logging
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional

from moodmirror.errors import ModelError
from moodmirror.evaluation.datasets import CROP_PX, LabelledCrops, without_twins
from moodmirror.evaluation.metrics import figures
from moodmirror.evaluation.votes import expression_shares
from moodmirror.expression.card import DEFAULT_MIN_CONFIDENCE, ModelCard, card_path
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION
from moodmirror.training.framing import FRAMING, Framing
from moodmirror.training.graph import Calibration, ExpressGraph
from moodmirror.training.recipe import Recipe
from moodmirror.training.train import load_network, predict
from moodmirror.vision.runtime import Graph

OPSET: Final = 20
CALIBRATION_SPLIT: Final = "PublicTest"
ASSERTED_ACCURACY: Final = {"votes": 0.9, "labels": 0.75}
"""What the mirror asserts shall be right this often: what most of FER+'s raters chose, or, without them, the original label, of
which a quarter is noise."""
MAX_DRIFT_FP32: Final = 1e-4
MAX_DRIFT_SHIPPED: Final = 0.02
HALVED_FROM: Final = 1024
"""Weights with at least this many numbers are kept in half precision; the few small ones are not worth a cast."""
CHECKED_ROWS: Final = 64
BATCH: Final = 128

_INPUTS: Final[dict[str, list[str | int]]] = {
    "image": ["height", "width", "channels"],
    "boxes": ["faces", 4],
    "landmarks": ["faces", 6, 2],
    "crops_in": ["framed", CROP_PX, CROP_PX],
}
_OUTPUTS: Final[dict[str, list[str | int]]] = {
    "probabilities": ["all", 7],
    "logits": ["all", 7],
    "labels": ["all", 7],
    "votes": ["all", 8],
    "quality": ["faces", 6],
    "crops": ["faces", CROP_PX, CROP_PX],
}


def export_model(
    checkpoint: Path,
    data: LabelledCrops,
    out: Path,
    *,
    framing: Framing = FRAMING,
    trained_on: str | None = None,
    created: datetime | None = None,
) -> ModelCard:
    """Write the ONNX model ``out`` and its JSON from a training run's checkpoint.

    ``trained_on``: where the pictures come from, for the JSON; their number in ``data`` by default. Temperature and 'unclear'
    rule are fitted on PublicTest; without that split the temperature is 1 and nothing is claimed.
    Raises ``ModelError``, and writes nothing, where the graph and PyTorch disagree.
    """
    net, recipe = load_network(checkpoint)
    held_out = data.split(CALIBRATION_SPLIT) if (data.splits == CALIBRATION_SPLIT).any() else None
    crops = (data if held_out is None else held_out).crops
    by_label, by_vote = predict(net, crops, recipe.view_px)
    calibration = Calibration() if held_out is None else fit_calibration(by_label, by_vote, held_out)
    reader = ExpressGraph(net, framing, recipe.view_px, calibration).eval()
    full = to_onnx(reader)
    content = halved(full).SerializeToString(deterministic=True)
    with torch.inference_mode():
        expected = [part.numpy() for part in reader.shown(torch.from_numpy(by_label), torch.from_numpy(by_vote))]
    shipped = _read_all(Graph(content), crops)
    agreement = _agreement(reader, Graph(full.SerializeToString()), (expected[0], expected[2]), shipped)
    card = ModelCard(
        name=out.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        temperature=calibration.temperature,
        shown={"labels": calibration.shown_labels, "votes": calibration.shown_votes},
        view_px=recipe.view_px,
        trained_on=trained_on or _described(data),
        framing=_plain(framing),
        recipe=_plain(recipe),
        agreement=agreement,
        commit=_commit(),
        created=(created or datetime.now(UTC)).isoformat(timespec="seconds"),
    )
    if held_out is not None:
        card = _calibrated(card, *shipped, held_out)
    _write(out, content, card)
    return card


def fit_calibration(
    by_label: NDArray[np.float32], by_vote: NDArray[np.float32], held_out: LabelledCrops
) -> Calibration:
    """The label head's temperature, and the pool of both heads that says best what FER+'s raters said.

    ``by_label``: logits (n, 7). ``by_vote``: logits (n, 8). Without votes people see what the label head says.
    """
    temperature = round(fit_temperature(by_label, held_out.labels), 4)
    if held_out.votes is None:
        return Calibration(temperature)
    shares, usable = expression_shares(held_out.votes)
    weights = fit_pool(
        [_log_softmax(by_label / temperature)[usable], _log_softmax(by_vote[:, list(FERPLUS_OF_EXPRESSION)])[usable]],
        shares[usable],
    )
    return Calibration(temperature, *(round(float(weight), 4) for weight in weights))


def fit_pool(logs: Sequence[NDArray[np.floating[Any]]], shares: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Weights of a log-linear pool of log-probabilities, each (n, k), with the greatest likelihood of ``shares`` (n, k).

    Convex, by L-BFGS; 0 at the least, so that no head counts against itself.
    """
    target = torch.from_numpy(np.asarray(shares, np.float64))
    parts = torch.from_numpy(np.stack(logs).astype(np.float64))
    weights = torch.full((len(logs),), 1 / len(logs), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(torch.tensordot(weights.clamp(min=0), parts, 1), target)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return np.maximum(np.asarray(weights.detach(), np.float64), 0)


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), by golden section over 1/T: that is convex."""
    ratio = (5**0.5 - 1) / 2

    def loss(inverse: float) -> float:
        z = logits.astype(np.float64) * inverse
        z -= z.max(1, keepdims=True)
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(labels)), labels]).mean())

    low, high = 0.05, 20.0
    while high - low > 1e-6:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return 2 / (low + high)


def fit_min_confidence(
    confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_], wanted: float
) -> tuple[float, float, float]:
    """The least confidence from which answers were right at the rate ``wanted``; the rate there, and the share of rows.

    >>> fit_min_confidence(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, False]), wanted=1.0)
    (0.8, 1.0, 0.5)
    """
    order = np.argsort(-confidence, kind="stable")
    asserted = np.arange(1, len(order) + 1)
    rate = np.cumsum(right[order]) / asserted
    enough = np.flatnonzero(rate >= wanted)
    last = int(enough[-1]) if len(enough) else 0
    return round(float(confidence[order[last]]), 4), round(float(rate[last]), 4), round((last + 1) / len(order), 4)


def to_onnx(reader: ExpressGraph) -> onnx.ModelProto:
    """The graph in single precision. Free sides: the picture's, the faces (none too), the framed faces."""
    example = (
        torch.zeros(60, 80, 3, dtype=torch.uint8),
        torch.tensor([[10.0, 10, 40, 40], [20, 10, 50, 40]]),
        torch.rand(2, 6, 2) * 30,
        torch.zeros(3, CROP_PX, CROP_PX, dtype=torch.uint8),
    )
    free = torch.export.Dim.AUTO
    with _quiet():
        program = torch.onnx.export(
            reader,
            example,
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=({0: free, 1: free}, {0: free}, {0: free}, {0: free}),
            input_names=list(_INPUTS),
            output_names=list(_OUTPUTS),
        )
    if program is None:
        raise ModelError("the exporter gave no graph. Is onnxscript of the extra 'train' installed?")
    return _tidied(program.model_proto)


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large weights are float16, cast back as they are loaded: half the file, the same arithmetic."""
    small = onnx.ModelProto()
    small.CopyFrom(model)
    casts = []
    for weights in small.graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < HALVED_FROM:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}/half"))
        casts.append(helper.make_node("Cast", [weights.name], [name], name=f"cast/{name}", to=TensorProto.FLOAT))
    nodes = [*casts, *small.graph.node]
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    onnx.checker.check_model(small, full_check=True)
    return small


def _tidied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Named sides, a fourth channel that is passed over, and nothing of the machine that it was exported on."""
    graph = model.graph
    for value in [*graph.input, *graph.output]:
        for side, name in zip(value.type.tensor_type.shape.dim, {**_INPUTS, **_OUTPUTS}[value.name], strict=True):
            side.Clear()
            if isinstance(name, int):
                side.dim_value = name
            else:
                side.dim_param = name
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        node.input[:] = ["rgb" if name == "image" else name for name in node.input]
    for part in ("start", "end", "axis"):
        value = {"start": 0, "end": 3, "axis": 2}[part]
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), f"rgb/{part}"))
    rgb = helper.make_node("Slice", ["image", "rgb/start", "rgb/end", "rgb/axis"], ["rgb"], name="rgb")
    nodes = [rgb, *graph.node]
    del graph.node[:], graph.value_info[:], graph.metadata_props[:], model.metadata_props[:], model.functions[:]
    graph.node.extend(nodes)
    graph.name, graph.doc_string, model.doc_string = "express", "", ""
    for value in [*graph.input, *graph.output, *graph.initializer]:
        del value.metadata_props[:]
    model.producer_name, model.producer_version = "moodmirror", ""
    onnx.checker.check_model(model, full_check=True)
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's progress notes, which say nothing to who exports; its errors are raised."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _read_all(graph: Graph, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What people see (n, 7), and the label head's probabilities (n, 7)."""
    shown, labels = [], []
    for start in range(0, len(crops), BATCH):
        outputs = dict(zip(_OUTPUTS, _run(graph, crops_in=crops[start : start + BATCH]), strict=True))
        shown.append(outputs["probabilities"])
        labels.append(outputs["labels"])
    return np.concatenate(shown), np.concatenate(labels)


def _run(graph: Graph, **inputs: NDArray[Any]) -> list[NDArray[Any]]:
    nothing: dict[str, NDArray[Any]] = {
        "image": np.zeros((1, 1, 3), np.uint8),
        "boxes": np.zeros((0, 4), np.float32),
        "landmarks": np.zeros((0, 6, 2), np.float32),
        "crops_in": np.zeros((0, CROP_PX, CROP_PX), np.uint8),
    }
    return graph.run(list(_OUTPUTS), {**nothing, **inputs})


def _agreement(
    reader: ExpressGraph,
    full: Graph,
    expected: tuple[NDArray[np.float32], NDArray[np.float32]],
    shipped: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> dict[str, float | int]:
    """Greatest differences of probability: PyTorch to ONNX on a made-up scene, single to shipped precision on all rows."""
    scene = _scene()
    with torch.inference_mode():
        parts = [value.numpy() for value in reader(*(torch.from_numpy(value) for value in scene.values()))]
    answers = zip(_OUTPUTS, parts, _run(full, **scene), strict=True)
    drift = max(float(np.abs(a - b).max()) for name, a, b in answers if name in ("probabilities", "labels", "votes"))
    shipped_drift = max(float(np.abs(a - b).max()) for a, b in zip(shipped, expected, strict=True))
    if drift > MAX_DRIFT_FP32 or shipped_drift > MAX_DRIFT_SHIPPED:
        raise ModelError(
            f"the exported graph is off by {drift:.1e} (limit {MAX_DRIFT_FP32:g}) in single and {shipped_drift:.1e} "
            f"(limit {MAX_DRIFT_SHIPPED:g}) in shipped precision. Nothing was written."
        )
    flips = max(int((a.argmax(1) != b.argmax(1)).sum()) for a, b in zip(shipped, expected, strict=True))
    return {"onnx_fp32": drift, "onnx_shipped": shipped_drift, "rows": len(shipped[0]), "flips": flips}


def _scene() -> dict[str, NDArray[Any]]:
    """Smooth noise with three 'faces', one of them without landmarks, and some framed ones."""
    random = np.random.default_rng(0)
    boxes = np.array([[60, 40, 160, 140], [-20, 90, 100, 210], [150, 60, 200, 110]], np.float32)
    eyes = np.array([[0.3, 0.4], [0.7, 0.45], [0.5, 0.6], [0.5, 0.8], [0.1, 0.5], [0.9, 0.5]], np.float32)
    landmarks = boxes[:, None, :2] + eyes * (boxes[:, None, 2:] - boxes[:, None, :2])
    landmarks[2] = np.nan
    coarse = random.integers(0, 256, (24, 32, 3)).astype(np.uint8)
    return {
        "image": coarse.repeat(10, 0).repeat(10, 1),
        "boxes": boxes,
        "landmarks": landmarks.astype(np.float32),
        "crops_in": random.integers(0, 256, (CHECKED_ROWS, CROP_PX, CROP_PX)).astype(np.uint8),
    }


def _calibrated(
    card: ModelCard, shown: NDArray[np.float32], labels: NDArray[np.float32], held_out: LabelledCrops
) -> ModelCard:
    judge, right = _rightness(shown.argmax(1), held_out)
    wanted = ASSERTED_ACCURACY[judge]
    threshold, accuracy, coverage = fit_min_confidence(shown.max(1), right, wanted)
    return dataclasses.replace(
        card,
        min_confidence=threshold if accuracy >= wanted else DEFAULT_MIN_CONFIDENCE,
        asserted_accuracy=accuracy,
        asserted_by=judge,
        coverage=coverage,
        calibrated_on=CALIBRATION_SPLIT,
        figures={CALIBRATION_SPLIT: figures(labels, held_out.labels).to_dict()},
    )


def _rightness(said: NDArray[np.int64], held_out: LabelledCrops) -> tuple[str, NDArray[np.bool_]]:
    """Who judges, and whether each answer is right: by most raters (ties count, rows without votes do not), or by the label."""
    if held_out.votes is None:
        return "labels", said == held_out.labels
    shares, usable = expression_shares(held_out.votes)
    return "votes", usable & (shares[np.arange(len(said)), said] >= shares.max(1))


def _plain(value: Framing | Recipe) -> dict[str, Any]:
    """Its fields as JSON has them, so that a card is the same written and read."""
    return dict(json.loads(json.dumps(dataclasses.asdict(value))))


def _described(data: LabelledCrops) -> str:
    rows = data.where(data.splits == "Training")
    if (data.splits == CALIBRATION_SPLIT).any():
        rows = without_twins(rows, data.split(CALIBRATION_SPLIT))
    votes = "" if data.votes is None else ", with FER+ votes"
    return f"{len(rows)} pictures of the split Training{votes}; those that stand in {CALIBRATION_SPLIT} too left out"


def _commit() -> str | None:
    """Of the checkout that this code runs from; None where it runs from an installed package."""
    git = shutil.which("git")
    if git is None:
        return None
    here = Path(__file__).parent
    answer = subprocess.run([git, "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S603
    return answer.stdout.strip() or None


def _write(out: Path, content: bytes, card: ModelCard) -> None:
    """Both files whole, or neither: written aside first and then renamed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        parts = {out: content, card_path(out): card.to_json().encode()}
        for path, data in parts.items():
            (Path(folder) / path.name).write_bytes(data)
        for path in parts:
            (Path(folder) / path.name).replace(path)


def _log_softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), np.float64)
