"""The domain's words: frozen values that pass between the layers, without input or output.

Pixels are float (x, y) from the top left of the frame as the camera gave it. Times are seconds: ``at`` on a
:class:`Frame` or a :class:`Reading` runs on the source's own clock; ``at`` on what is stored is UTC.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Expression: TypeAlias = Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
EXPRESSIONS: Final[tuple[Expression, ...]] = get_args(Expression)
"""The seven expressions by FER2013's class number, 0 to 6 (Goodfellow et al. 2013)."""

Kind: TypeAlias = Literal["song", "film", "food", "activity"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Lane: TypeAlias = Literal["match", "shift", "opposite"]
LANES: Final[tuple[Lane, ...]] = get_args(Lane)
"""Stay with the mood, move gently towards a better one, or go against it."""

Action: TypeAlias = Literal["like", "not_now", "never", "opened"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

MoodSource: TypeAlias = Literal["camera", "photo", "manual"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. ``pixels``: uint8 (h, w, 3), RGB, upright. ``at``: seconds on the source's clock."""

    pixels: NDArray[np.uint8]
    at: float = 0.0

    @property
    def height(self) -> int:
        """Rows, pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, pixels."""
        return int(self.pixels.shape[1])


BoxXYXY: TypeAlias = tuple[float, float, float, float]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face.

    ``bbox_xyxy``: left, top, right, bottom, pixels; may reach over the frame's edge. ``score``: 0..1.
    ``landmarks``: six points (right eye, left eye, nose tip, mouth, right ear, left ear; the person's own right and left),
    or empty where the detector gives none (Haar).
    """

    bbox_xyxy: BoxXYXY
    score: float
    landmarks: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face can be read.

    ``size_px``: side of the aligned square in the frame. ``brightness``, ``contrast``: mean and deviation of the crop, 0..1.
    ``sharpness``: mean absolute Laplacian of the 48x48 crop over its contrast, >= 0. ``inside``: share of the square
    inside the frame, 0..1. ``yaw``: nose offset from the midpoint of the eyes, in distances between them, signed;
    0 where there are no landmarks.
    """

    size_px: float
    brightness: float
    contrast: float
    sharpness: float
    inside: float
    yaw: float


@dataclass(frozen=True, slots=True)
class Scores:
    """What the network says of one face: calibrated ``probabilities`` (7,) that sum to 1, their ``logits`` (7,), and quality."""

    probabilities: tuple[float, ...]
    logits: tuple[float, ...]
    quality: Quality


@dataclass(frozen=True, slots=True)
class Affect:
    """A place on the mood map: ``valence`` (unpleasant to pleasant) and ``arousal`` (calm to stirred), each -1..1."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Mood:
    """A settled expression. ``label`` is None where it is 'unclear'. ``confidence``: 0..1, chance that the label is right."""

    label: Expression | None
    probabilities: tuple[float, ...]
    affect: Affect
    confidence: float
    source: MoodSource = "camera"


@dataclass(frozen=True, slots=True)
class Reading:
    """One face in one frame: where it is, what it shows, and the mood of its track so far.

    ``track_id`` stays with a person through a stream; 0 for a photo's faces. ``why_unclear``: a plain sentence, or None.
    """

    face: Face
    scores: Scores
    mood: Mood
    track_id: int = 0
    why_unclear: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "track_id": self.track_id,
            "bbox_xyxy": list(self.face.bbox_xyxy),
            "landmarks": [list(point) for point in self.face.landmarks],
            "detection": self.face.score,
            "expression": self.mood.label,
            "confidence": self.mood.confidence,
            "probabilities": dict(zip(EXPRESSIONS, self.mood.probabilities, strict=True)),
            "logits": list(self.scores.logits),
            "valence": self.mood.affect.valence,
            "arousal": self.mood.affect.arousal,
            "why_unclear": self.why_unclear,
            "quality": dataclasses.asdict(self.scores.quality),
        }


@dataclass(frozen=True, slots=True)
class MoodEntry:
    """A mood as it is remembered. ``corrected`` is the person's own word for it and stands beside ``label``, never over it."""

    id: int
    at: datetime
    source: MoodSource
    label: Expression | None
    probabilities: tuple[float, ...]
    affect: Affect
    confidence: float
    corrected: Expression | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person did with an offered item, and the mood and lane it was offered in."""

    item_id: str
    action: Action
    at: datetime
    mood: Expression | None = None
    affect: Affect | None = None
    lane: Lane | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What must never be offered. Filters come first and fail closed: what is unknown is out.

    ``diet``: vegetarian, vegan, halal, kosher, pescetarian; a dish must carry each. ``avoid_allergens``: none may be
    contained. ``max_certificate``: youngest age, years, that every offered film must admit. ``languages``: of songs and
    films; empty allows all.
    ``max_cost``: 0 free, 1 cheap, 2 paid. ``blocked``: item ids, and makers in lower case.
    """

    diet: frozenset[str] = frozenset()
    avoid_allergens: frozenset[str] = frozenset()
    max_certificate: int | None = None
    allow_explicit: bool = True
    allow_alcohol: bool = True
    allow_caffeine: bool = True
    languages: frozenset[str] = frozenset()
    max_cost: int | None = None
    max_minutes: int | None = None
    blocked: frozenset[str] = field(default_factory=frozenset)
