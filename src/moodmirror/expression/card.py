"""A model's card: the JSON of its making that lies beside its ONNX file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from moodmirror.errors import ModelError
from moodmirror.types import EXPRESSIONS, Expression

CROP_PX: Final = 48
"""Side of the framed face that every model reads, pixels."""
DEFAULT_MIN_CONFIDENCE: Final = 0.5
"""For a model that says nothing of its calibration."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is and how it came to be.

    ``labels``: the seven expressions in the order of the model's outputs. ``temperature``: that the label head's logits are
    divided by. ``shown``: weights of the heads in what people see, ``labels`` and ``votes``. ``min_confidence``: the 'unclear'
    rule: what is asserted at or above it was right, by the original ``labels`` or by most raters' ``votes`` (``asserted_by``),
    at the rate ``asserted_accuracy``, on the share ``coverage`` of the pictures (0..1; None where nobody measured).
    ``view_px``: side that the network sees a 48x48 crop at. ``figures``: measured ones, by data set. ``framing``, ``recipe``,
    ``agreement``: how it was fitted, trained, and checked against PyTorch. ``commit``: of the code that made it. ``created``:
    UTC, ISO 8601.
    """

    name: str
    sha256: str
    labels: tuple[Expression, ...] = EXPRESSIONS
    temperature: float = 1.0
    shown: dict[str, float] = field(default_factory=dict)
    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    asserted_accuracy: float | None = None
    asserted_by: str = "labels"
    coverage: float | None = None
    crop_px: int = CROP_PX
    view_px: int = CROP_PX
    trained_on: str = "not stated"
    calibrated_on: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    framing: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    agreement: dict[str, Any] = field(default_factory=dict)
    commit: str | None = None
    created: str | None = None

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def card_path(model: Path) -> Path:
    """Where the card of ``model`` lies.

    >>> card_path(Path("express.onnx")).name
    'express.json'
    """
    return model.with_suffix(".json")


def read_model(model: Path) -> tuple[bytes, ModelCard | None]:
    """The bytes of an ONNX file and its card, checked against each other; None where it has no card.

    Raises ``ModelError`` where the file is missing, where the card cannot be read, or where the bytes are not those that the
    card was written for.
    """
    try:
        content = model.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the model {model} cannot be read: {error.strerror}. Reinstall the package, or name another."
        ) from error
    path = card_path(model)
    if not path.exists():
        return content, None
    card = _read_card(path)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ModelError(
            f"{model.name} is not the file that {path.name} describes (its SHA-256 differs): it is damaged or was changed. "
            "Reinstall the package, or export the model again."
        )
    return content, card


def _read_card(path: Path) -> ModelCard:
    known = {entry.name for entry in dataclasses.fields(ModelCard)}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values = {name: value for name, value in values.items() if name in known}
        values["labels"] = tuple(values.get("labels", EXPRESSIONS))
        card = ModelCard(**{"name": path.stem, **values})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"the model's card {path} cannot be read: {error}. Restore it, or export the model again."
        ) from error
    if sorted(card.labels) != sorted(EXPRESSIONS):
        raise ModelError(
            f"{path.name}: the labels must be {', '.join(EXPRESSIONS)}, in any order; found {', '.join(card.labels)}."
        )
    return card
