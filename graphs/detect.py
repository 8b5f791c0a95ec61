"""Build ``detect.onnx`` and ``detect_full.onnx``: an image in, faces in its own pixels out.

    python -m graphs.detect --models web/node_modules --out src/moodmirror/vision/models

The networks are BlazeFace short range and dense full range (Bazarevsky et al. 2019), Apache-2.0, as the npm package
``@mediapipe/face_detection`` brings them. Each graph takes ``image``, uint8 (h, w, 3 or 4), RGB(A), and gives ``boxes``,
float32 (n, 4), xyxy; ``landmarks``, float32 (n, 6, 2), xy; and ``scores``, float32 (n,), best first; all in pixels of the
image. Resizing stands inside, because a page's canvas and cv2 resample differently enough to change an expression.
The short range also gives ``candidate_boxes``, ``candidate_landmarks`` and ``candidate_scores``: the faces, and after them
what scored too low to be one unless it is looked at again (``vision/detect.py``).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, version_converter

OPSET: Final = 20
IR_VERSION: Final = 10
"""The newest that every onnxruntime since opset 20 reads."""
PACKAGE: Final = Path("@mediapipe/face_detection")
LANDMARKS: Final = 6
MAX_FACES: Final = 64
OVERLAP: Final = 0.3
"""IoU from which two candidates are the same face; MediaPipe's own."""


@dataclass(frozen=True, slots=True)
class Network:
    """One BlazeFace: its file, input side (pixels), scores, and (cells a side, anchors a cell) of each map.

    ``min_score``: least of a face, 0..1. ``candidate_score``: least of a candidate; the same where none are given.
    """

    source: str
    target: str
    side_px: int
    min_score: float
    candidate_score: float
    maps: tuple[tuple[int, int], ...]


NETWORKS: Final = (
    Network("face_detection_short_range.tflite", "detect.onnx", 128, 0.5, 0.1, ((16, 2), (8, 6))),
    Network("face_detection_full_range.tflite", "detect_full.onnx", 192, 0.6, 0.6, ((48, 1),)),
)


def build_detectors(node_modules: Path, out: Path) -> None:
    """Write both graphs into ``out``, byte for byte the same from the same weights; a cut leaves no half of one."""
    out.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        source = node_modules / PACKAGE / network.source
        if not source.exists():
            raise FileNotFoundError(f"{source} does not exist. Install the page's packages first: npm ci, in web/.")
        model = build_detector(source, network)
        part = out / (network.target + ".part")
        part.write_bytes(model.SerializeToString(deterministic=True))
        part.replace(out / network.target)


def build_detector(source: Path, network: Network) -> onnx.ModelProto:
    """The whole graph of one detector from its TensorFlow Lite file."""
    graph = _Graph()
    tensor, scale, pad = _letterbox(graph, network.side_px)
    regressors, classes = _splice(graph, _converted(source), tensor)
    places = _decode(graph, regressors, network)
    scores = graph.op("Sigmoid", graph.reshaped(classes, [-1]))
    faces, kept_scores, count = _suppress(graph, places, scores, network)
    points = _to_pixels(graph, faces, network.side_px, scale, pad)
    kept = {"boxes": _corners(graph, points), "landmarks": _landmarks(graph, points), "scores": kept_scores}
    for name, values in kept.items():
        graph.op("Slice", values, graph.ints([0]), count, graph.ints([0]), output=name)
    outputs = _outputs("", "faces")
    if network.candidate_score < network.min_score:
        for name, values in kept.items():
            graph.op("Identity", values, output=f"candidate_{name}")
        outputs += _outputs("candidate_", "candidates")
    return graph.model(
        inputs=[("image", TensorProto.UINT8, ["height", "width", "channels"])],
        outputs=outputs,
        notes={"source": f"{PACKAGE}/{network.source}", "licence": "Apache-2.0", "min_score": str(network.min_score)},
    )


def _outputs(prefix: str, rows: str) -> list[tuple[str, int, list[str | int]]]:
    return [
        (f"{prefix}boxes", TensorProto.FLOAT, [rows, 4]),
        (f"{prefix}landmarks", TensorProto.FLOAT, [rows, LANDMARKS, 2]),
        (f"{prefix}scores", TensorProto.FLOAT, [rows]),
    ]


class _Graph:
    """Nodes and constants as they are laid, each under a fresh name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=f"{kind}/{output}", **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def ints(self, values: list[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def float(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))

    def reshaped(self, value: str, shape: list[int]) -> str:
        return self.op("Reshape", value, self.ints(shape))

    def columns(self, value: str, start: int, end: int) -> str:
        """``value[..., start:end]``."""
        return self.op("Slice", value, self.ints([start]), self.ints([end]), self.ints([-1]))

    def model(
        self,
        inputs: Iterable[tuple[str, int, list[str | int]]],
        outputs: Iterable[tuple[str, int, list[str | int]]],
        notes: dict[str, str],
    ) -> onnx.ModelProto:
        taken, given = ([helper.make_tensor_value_info(*value) for value in side] for side in (inputs, outputs))
        graph = helper.make_graph(self.nodes, "detect", taken, given, initializer=self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        model.producer_name = "moodmirror"
        helper.set_model_props(model, notes)
        onnx.checker.check_model(model, full_check=True)
        return model


def _letterbox(graph: _Graph, side_px: int) -> tuple[str, str, str]:
    """The network's input, float32 (1, 3, side, side) in -1..1; its pixels per image pixel, (); padding left and above, (2,)."""
    rgb = graph.op("Slice", "image", graph.ints([0]), graph.ints([3]), graph.ints([2]))
    planes = graph.op("Cast", graph.op("Transpose", rgb, perm=[2, 0, 1]), to=TensorProto.FLOAT)
    small = graph.op(
        "Resize",
        planes,
        "",
        "",
        graph.ints([side_px, side_px]),
        mode="linear",
        antialias=1,
        axes=[1, 2],
        keep_aspect_ratio_policy="not_larger",
    )
    size = graph.op("Cast", graph.op("Shape", "image", end=2), to=TensorProto.FLOAT)
    scale = graph.op("Div", graph.float(side_px), graph.op("ReduceMax", size, keepdims=0))
    missing = graph.op("Sub", graph.ints([side_px, side_px]), graph.op("Shape", small, start=1))
    before = graph.op("Div", missing, graph.ints([2]))
    after = graph.op("Sub", missing, before)
    padded = graph.op("Pad", small, graph.op("Concat", before, after, axis=0), graph.float(0.0), graph.ints([1, 2]))
    ranged = graph.op("Sub", graph.op("Div", padded, graph.float(127.5)), graph.float(1.0))
    # Rows come first in a shape and x first in a point.
    pad = graph.op("Cast", graph.op("Gather", before, graph.ints([1, 0])), to=TensorProto.FLOAT)
    return graph.op("Unsqueeze", ranged, graph.ints([0])), scale, pad


def _converted(source: Path) -> onnx.GraphProto:
    """The network alone, (1, 3, side, side) to regressors (1, anchors, 16) and classes (1, anchors, 1), at our opset."""
    # Imported here: it sets up logging as it is imported, and nothing else here needs it.
    import tflite2onnx

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "network.onnx"
        tflite2onnx.convert(str(source), str(target))
        model = onnx.load(target)
    return version_converter.convert_version(model, OPSET).graph


def _splice(graph: _Graph, network: onnx.GraphProto, tensor: str) -> tuple[str, str]:
    """Lay the network's nodes after ours, its names under a prefix; names of its regressors and classes."""
    (image,) = network.input
    regressors, classes = (
        next(out.name for out in network.output if _last_size(out) == size) for size in (4 + 2 * LANDMARKS, 1)
    )

    def renamed(name: str) -> str:
        return tensor if name == image.name else f"net/{name}" if name else ""

    used = {name for node in network.node for name in node.input}
    for node in network.node:
        copy = helper.make_node(
            node.op_type,
            [renamed(n) for n in node.input],
            [renamed(n) for n in node.output],
            name=f"net/{node.output[0]}",
        )
        copy.attribute.extend(sorted(node.attribute, key=lambda attribute: attribute.name))
        graph.nodes.append(copy)
    for weights in sorted((w for w in network.initializer if w.name in used), key=lambda w: w.name):
        weights.name = renamed(weights.name)
        graph.constants.append(weights)
    return renamed(regressors), renamed(classes)


def _last_size(value: onnx.ValueInfoProto) -> int:
    return int(value.type.tensor_type.shape.dim[-1].dim_value)


def anchors(maps: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Centres (n, 2), xy in 0..1, of every cell of every map, row by row, as often as it has anchors."""
    centres = []
    for cells, per_cell in maps:
        steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), per_cell, axis=0))
    return np.concatenate(centres).astype(np.float32)


def _decode(graph: _Graph, regressors: str, network: Network) -> str:
    """Eight points (anchors, 8, 2) of each candidate in 0..1 of the network's input: two corners and six landmarks."""
    pairs = graph.op("Div", graph.reshaped(regressors, [-1, 2 + LANDMARKS, 2]), graph.float(network.side_px))
    origin = graph.constant(anchors(network.maps)[:, None])
    rows = graph.ints([1])
    centre = graph.op("Add", graph.op("Slice", pairs, graph.ints([0]), rows, rows), origin)
    half = graph.op("Mul", graph.op("Slice", pairs, rows, graph.ints([2]), rows), graph.float(0.5))
    landmarks = graph.op("Add", graph.op("Slice", pairs, graph.ints([2]), graph.ints([2 + LANDMARKS]), rows), origin)
    return graph.op("Concat", graph.op("Sub", centre, half), graph.op("Add", centre, half), landmarks, axis=1)


def _suppress(graph: _Graph, places: str, scores: str, network: Network) -> tuple[str, str, str]:
    """One candidate a face, its points (n, 8, 2) blended from all that overlap it, by score; its best score (n,); faces, (1,).

    Blending instead of choosing is the authors' own remedy against jitter between frames.
    """
    flat = graph.reshaped(places, [-1, 4 + 2 * LANDMARKS])
    boxes = graph.columns(flat, 0, 4)
    selected = graph.op(
        "NonMaxSuppression",
        graph.op("Unsqueeze", boxes, graph.ints([0])),
        graph.op("Unsqueeze", scores, graph.ints([0, 1])),
        graph.ints([MAX_FACES]),
        graph.constant(np.array([OVERLAP], np.float32)),
        graph.constant(np.array([network.candidate_score], np.float32)),
    )
    # Broadcasting no rows fails in onnxruntime-web: one candidate more goes along and is cut off at the end.
    kept = graph.op("Concat", graph.reshaped(graph.columns(selected, 2, 3), [-1]), graph.ints([0]), axis=0)
    kept_scores = graph.op("Gather", scores, kept)
    are_faces = graph.op("Cast", graph.op("Greater", kept_scores, graph.float(network.min_score)), to=TensorProto.INT64)
    counted = graph.op("ReduceSum", are_faces, graph.ints([0]), keepdims=1)
    count = graph.op("Sub", counted, graph.op("Gather", are_faces, graph.ints([-1])))
    # What is weaker than a face is blended from its equals alone, so that weak candidates leave the faces as they are.
    least = graph.op("Unsqueeze", graph.op("Min", kept_scores, graph.float(network.min_score)), graph.ints([1]))
    candidates = graph.op("Cast", graph.op("GreaterOrEqual", scores, least), to=TensorProto.FLOAT)
    iou = _iou(graph, graph.op("Unsqueeze", graph.op("Gather", boxes, kept), graph.ints([1])), boxes)
    same = graph.op("Cast", graph.op("GreaterOrEqual", iou, graph.float(OVERLAP)), to=TensorProto.FLOAT)
    weights = graph.op("Mul", same, graph.op("Mul", candidates, scores))
    total = graph.op("ReduceSum", weights, graph.ints([1]), keepdims=1)
    blended = graph.op("Div", graph.op("MatMul", weights, flat), total)
    faces = graph.reshaped(_without_last(graph, blended), [-1, 2 + LANDMARKS, 2])
    return faces, _without_last(graph, kept_scores), count


def _without_last(graph: _Graph, rows: str) -> str:
    return graph.op("Slice", rows, graph.ints([0]), graph.ints([-1]), graph.ints([0]))


def _iou(graph: _Graph, left: str, right: str) -> str:
    """Intersection over union of boxes (n, 1, 4) and (m, 4), as (n, m)."""
    low = graph.op("Max", graph.columns(left, 0, 2), graph.columns(right, 0, 2))
    high = graph.op("Min", graph.columns(left, 2, 4), graph.columns(right, 2, 4))
    shared = _area(graph, graph.op("Max", graph.op("Sub", high, low), graph.float(0.0)))
    areas = [_area(graph, graph.op("Sub", graph.columns(box, 2, 4), graph.columns(box, 0, 2))) for box in (left, right)]
    return graph.op("Div", shared, graph.op("Sub", graph.op("Add", *areas), shared))


def _area(graph: _Graph, sides: str) -> str:
    """Width times height, of (..., 2)."""
    return graph.op("ReduceProd", sides, graph.ints([-1]), keepdims=0)


def _corners(graph: _Graph, points: str) -> str:
    """The first two points as xyxy, (n, 4)."""
    return graph.reshaped(graph.op("Slice", points, graph.ints([0]), graph.ints([2]), graph.ints([1])), [-1, 4])


def _landmarks(graph: _Graph, points: str) -> str:
    return graph.op("Slice", points, graph.ints([2]), graph.ints([2 + LANDMARKS]), graph.ints([1]))


def _to_pixels(graph: _Graph, points: str, side_px: int, scale: str, pad: str) -> str:
    """Points (n, 8, 2) from 0..1 of the network's input to pixels of the image."""
    return graph.op("Div", graph.op("Sub", graph.op("Mul", points, graph.float(side_px)), pad), scale)


def main() -> None:
    """Build both graphs from the command line."""
    parser = argparse.ArgumentParser(description="Build the face detectors as ONNX graphs.")
    parser.add_argument(
        "--models", type=Path, default=Path("web/node_modules"), help="node_modules that holds the weights"
    )
    parser.add_argument("--out", type=Path, default=Path("src/moodmirror/vision/models"), help="folder of the graphs")
    options = parser.parse_args()
    build_detectors(options.models, options.out)


if __name__ == "__main__":
    main()
