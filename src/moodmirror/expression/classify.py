"""Faces to expressions: our own graph, or a crop classifier that the user brings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import ModelError
from moodmirror.expression.card import CROP_PX, ModelCard, read_model
from moodmirror.types import EXPRESSIONS, Face, Frame, Quality, Scores
from moodmirror.vision.runtime import Array, Graph

SHIPPED_MODEL: Final = Path(__file__).parent / "models" / "express.onnx"
LANDMARKS: Final = 6
EXPRESS_INPUTS: Final = frozenset({"image", "boxes", "landmarks", "crops_in"})
EXPRESS_OUTPUTS: Final = frozenset({"probabilities", "logits", "labels", "votes", "quality", "crops"})
_NO_IMAGE: Final = np.zeros((1, 1, 3), np.uint8)
_TINY: Final = 1e-7

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heads:
    """What a model says of framed faces, float32 probabilities, a row a face.

    ``shown`` (n, 7): what people see. ``labels`` (n, 7): FER2013's original label. Both in the order of ``EXPRESSIONS``.
    ``votes`` (n, 8): FER+'s raters, in the order of ``FERPLUS``; None where the model has no such head.
    """

    shown: Floats
    labels: Floats
    votes: Floats | None = None


class Classifier(Protocol):
    """Whatever reads the faces of a frame."""

    @property
    def card(self) -> ModelCard:
        """What the model is and how it came to be."""
        ...

    def classify(self, frame: Frame, faces: Sequence[Face]) -> tuple[Scores, ...]:
        """One answer a face, in the order of ``faces``."""
        ...


class FakeClassifier:
    """Gives every face the same scores; without any, a clear and happy face.

    >>> FakeClassifier().classify(Frame(np.zeros((9, 9, 3), np.uint8)), [Face((0, 0, 9, 9), 1.0)])[0].probabilities[3]
    0.94
    """

    def __init__(self, scores: Scores | None = None, card: ModelCard | None = None) -> None:
        self.card = card or ModelCard("fake", "0" * 64)
        self.scores = scores or _scores_of(
            np.where(np.array(EXPRESSIONS) == "happy", 0.94, 0.01), Quality(160.0, 0.5, 0.25, 0.3, 1.0, 0.0)
        )

    def classify(self, frame: Frame, faces: Sequence[Face]) -> tuple[Scores, ...]:  # noqa: ARG002  (the protocol's signature)
        """The given scores, once a face."""
        return (self.scores,) * len(faces)


class OnnxClassifier:
    """Reads expressions with an ONNX model; the shipped one by default. Safe to share between threads.

    ``path`` may name a file that `moodmirror export` wrote, whose SHA-256 must be that of the JSON beside it. It may also name
    a classifier of the user's own, such as an exported Keras model: one input, float (n, 1, 48, 48) or (n, 48, 48, 1), grey
    from 0 to 1; one output (n, 7), probabilities or logits, in the order of FER2013's classes (angry, disgust, fear, happy,
    sad, surprise, neutral), or of ``labels`` in a JSON beside it, ``{"sha256": ..., "labels": [...]}``. The shipped graph then
    frames the faces for it. Anything else raises ``ModelError``.
    """

    def __init__(self, path: Path | None = None, threads: int = 1) -> None:
        content, card = read_model(path or SHIPPED_MODEL)
        graph = Graph(content, threads)
        self._express = graph
        self._own: _CropModel | None = None
        if not _is_express(graph):
            if path is None:
                raise ModelError(
                    f"{SHIPPED_MODEL.name} has other inputs than this version needs. Reinstall the package."
                )
            card = card or ModelCard(path.stem, hashlib.sha256(content).hexdigest())
            self._own = _CropModel(graph, card, path.name)
            self._express = Graph(read_model(SHIPPED_MODEL)[0], threads)
        elif card is None:
            raise ModelError(f"{path or SHIPPED_MODEL} lacks the JSON of its making beside it. Export the model again.")
        self.card: ModelCard = card

    def classify(self, frame: Frame, faces: Sequence[Face]) -> tuple[Scores, ...]:
        """Frame and read each face; one answer a face, in their order."""
        if not faces:
            return ()
        inputs: dict[str, Array] = {**_around(frame, faces), "crops_in": _no_crops()}
        names = ("probabilities", "logits", "quality", "crops")
        probabilities, logits, quality, crops = self._express.run(names, inputs)
        if self._own is not None:
            probabilities, logits = self._own.run(crops)
        return tuple(
            Scores(tuple(p), tuple(z), Quality(*q))
            for p, z, q in zip(probabilities.tolist(), logits.tolist(), quality.tolist(), strict=True)
        )

    def read_heads(self, crops: NDArray[np.uint8]) -> Heads:
        """All that the model says of framed faces, uint8 (n, 48, 48), taken as they are; an own model has one head."""
        if self._own is not None:
            probabilities, _ = self._own.run(crops.astype(np.float32) / np.float32(255))
            return Heads(probabilities, probabilities)
        inputs: dict[str, Array] = {"image": _NO_IMAGE, **_geometry(()), "crops_in": np.ascontiguousarray(crops)}
        return Heads(*self._express.run(("probabilities", "labels", "votes"), inputs))


class _CropModel:
    """A classifier of the user's own that reads framed faces."""

    def __init__(self, graph: Graph, card: ModelCard, name: str) -> None:
        expected = (
            f"expected one input, float (n, 1, {CROP_PX}, {CROP_PX}) or (n, {CROP_PX}, {CROP_PX}, 1), "
            f"and one output (n, {len(EXPRESSIONS)})"
        )
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise ModelError(f"{name} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; {expected}.")
        ((self._input, (kind, shape)),) = graph.inputs.items()
        ((self._output, (_, answer)),) = graph.outputs.items()
        layouts: dict[tuple[int, ...], int] = {(1, CROP_PX, CROP_PX): 1, (CROP_PX, CROP_PX, 1): -1}
        channel = layouts.get(tuple(side for side in shape[1:] if isinstance(side, int)))
        if kind != "tensor(float)" or len(shape) != 4 or channel is None or answer[1:] != [len(EXPRESSIONS)]:
            raise ModelError(f"{name} takes {kind} {shape} and gives {answer}; {expected}.")
        self._graph, self._channel = graph, channel
        # A model exported for one picture at a time is asked one at a time.
        self._batch = shape[0] if isinstance(shape[0], int) else None
        if self._batch not in (None, 1):
            raise ModelError(f"{name} takes exactly {self._batch} pictures at once; {expected}.")
        self._order = [card.labels.index(expression) for expression in EXPRESSIONS]

    def run(self, crops: Floats) -> tuple[Floats, Floats]:
        """Probabilities and logits (n, 7) of crops (n, 48, 48), 0..1."""
        pictures = np.expand_dims(crops, self._channel)
        parts = [pictures] if self._batch is None else [pictures[i : i + 1] for i in range(len(pictures))]
        answers = [self._graph.run((self._output,), {self._input: part})[0] for part in parts]
        answer = np.concatenate(answers).astype(np.float32)[:, self._order]
        if (answer >= 0).all() and np.allclose(answer.sum(1), 1, atol=1e-3):
            return answer, np.log(np.maximum(answer, _TINY))
        weights = np.exp(answer - answer.max(1, keepdims=True))
        return weights / weights.sum(1, keepdims=True), answer


def _is_express(graph: Graph) -> bool:
    return set(graph.inputs) == EXPRESS_INPUTS and set(graph.outputs) == EXPRESS_OUTPUTS


def _geometry(faces: Sequence[Face]) -> dict[str, Floats]:
    """Boxes (n, 4) and landmarks (n, 6, 2), NaN where a face has none."""
    landmarks = np.full((len(faces), LANDMARKS, 2), np.nan, np.float32)
    for row, face in zip(landmarks, faces, strict=True):
        if face.landmarks:
            row[:] = face.landmarks
    return {"boxes": np.array([face.bbox_xyxy for face in faces], np.float32).reshape(-1, 4), "landmarks": landmarks}


def _around(frame: Frame, faces: Sequence[Face]) -> dict[str, Array]:
    """The part of the picture that the graph samples for ``faces``, and their places in it: the rest need not be read.

    A face's square lies within one mean side of its box from the midpoint of the eyes, or from the box's own. Where a square
    leaves the picture, so does the part: edges are replicated, and counted as outside, just as they would be in the whole.
    """
    geometry = _geometry(faces)
    boxes, eyes = geometry["boxes"], geometry["landmarks"][:, :2].mean(1)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    middle = np.where(np.isfinite(eyes), eyes, middle)
    reach = (boxes[:, 2:] - boxes[:, :2]).mean(1, keepdims=True).clip(1)
    limit = np.array([frame.width, frame.height])
    # One pixel at the least, also where every face lies outside of the picture.
    start = np.floor((middle - reach).min(0)).clip(0, limit - 1).astype(int)
    end = np.maximum(np.ceil((middle + reach).max(0)).clip(0, limit).astype(int), start + 1)
    part = frame.pixels[start[1] : end[1], start[0] : end[0]]
    return {
        "image": np.ascontiguousarray(part),
        "boxes": boxes - np.tile(start, 2).astype(np.float32),
        "landmarks": geometry["landmarks"] - start.astype(np.float32),
    }


def _no_crops() -> NDArray[np.uint8]:
    return np.zeros((0, CROP_PX, CROP_PX), np.uint8)


def _scores_of(probabilities: NDArray[Any], quality: Quality) -> Scores:
    return Scores(tuple(probabilities.tolist()), tuple(np.log(probabilities).tolist()), quality)
