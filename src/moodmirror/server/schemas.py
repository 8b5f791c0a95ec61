"""What goes over the wire, typed: the one place where JSON leaves and where requests are checked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from moodmirror.catalog.schema import Allergen, Diet, Item
from moodmirror.server.fields import (
    Asked,
    ItemId,
    Note,
    Probabilities,
    Share,
    Signed,
    Wire,
    named,
)
from moodmirror.store import StoredRest
from moodmirror.types import (
    EXPRESSIONS,
    Action,
    Expression,
    Feedback,
    Filters,
    Kind,
    Lane,
    MoodEntry,
    MoodSource,
)


class ErrorBody(Wire):
    """What went wrong: the error's class and a sentence that says what to do."""

    type: str
    message: str


class ErrorOut(Wire):
    """Every answer that is not a success."""

    error: ErrorBody


class HealthOut(Wire):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyOut(Wire):
    """Model and database answer too."""

    status: Literal["ready"] = "ready"
    model: str
    database: str


class ModelOut(Wire):
    """The expression model in use. ``figures``: what was measured, with conditions, from the file beside the model."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    sha256: str
    labels: list[Expression]
    trained_on: str
    figures: dict[str, Any]


class LimitsOut(Wire):
    """What may be sent."""

    upload_bytes: int
    upload_megapixels: int
    frame_bytes: int
    frame_px: int


class StoredFieldOut(Wire):
    """A stored field and why it is stored."""

    name: str
    why: str


class AboutOut(Wire):
    """What this mirror is."""

    version: str
    model: ModelOut
    detector: str
    limits: LimitsOut
    stored_fields: list[StoredFieldOut]


class QualityOut(Wire):
    """How well a face can be read; see :class:`moodmirror.types.Quality`."""

    size_px: float
    brightness: float
    contrast: float
    sharpness: float
    inside: float
    yaw: float


class ReadingOut(Wire):
    """One face. ``bbox_xyxy`` and ``landmarks``: pixels of the frame that was sent. ``expression`` is null where unclear."""

    track_id: int
    bbox_xyxy: list[float] = Field(min_length=4, max_length=4)
    landmarks: list[list[float]]
    detection: float
    expression: Expression | None
    confidence: float
    probabilities: Probabilities
    logits: list[float]
    valence: float
    arousal: float
    why_unclear: str | None
    quality: QualityOut


class ReadOut(Wire):
    """The faces of a photo, the largest first; ``rested``: with the resting face. Nothing of it was stored."""

    width: int
    height: int
    took_ms: float
    rested: bool
    faces: list[ReadingOut]


class MoodIn(Asked):
    """A mood by hand or from a photo: an expression, or a place on the map (both values), or both."""

    expression: Expression | None = None
    valence: Signed | None = None
    arousal: Signed | None = None
    source: MoodSource = "manual"
    probabilities: Probabilities | None = None
    confidence: Share | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _says_something(self) -> MoodIn:
        if (self.valence is None) != (self.arousal is None):
            raise ValueError("valence and arousal go together")
        if self.expression is None and self.valence is None:
            raise ValueError("give an expression, or valence and arousal")
        if self.probabilities:
            if set(self.probabilities) != set(EXPRESSIONS):
                raise ValueError("probabilities must name all seven expressions")
            if abs(sum(self.probabilities.values()) - 1) > 0.01:
                raise ValueError("probabilities must sum to 1")
        return self


class MoodOut(Wire):
    """A remembered mood; ``corrected`` is the person's own word and stands beside ``expression``."""

    id: int
    at: datetime
    source: MoodSource
    expression: Expression | None
    corrected: Expression | None
    probabilities: Probabilities
    valence: float
    arousal: float
    confidence: float
    note: str | None

    @classmethod
    def of(cls, entry: MoodEntry) -> MoodOut:
        """From the store's."""
        return cls(
            id=entry.id,
            at=entry.at,
            source=entry.source,
            expression=entry.label,
            corrected=entry.corrected,
            probabilities=named(entry.probabilities),
            valence=entry.affect.valence,
            arousal=entry.affect.arousal,
            confidence=entry.confidence,
            note=entry.note,
        )


class MoodsOut(Wire):
    """A page of moods, newest first; ``next_before_id`` asks for the next one, null at the end."""

    moods: list[MoodOut]
    next_before_id: int | None


class MoodPatch(Asked):
    """What to change of a mood; a field that is not given stays, null empties it."""

    corrected: Expression | None = None
    note: Note | None = None


class OffersIn(Asked):
    """For which mood to offer what. ``lane`` null: the person's own choice for that mood, else the default."""

    expression: Expression | None = None
    valence: Signed | None = None
    arousal: Signed | None = None
    lane: Lane | None = None
    kinds: list[Kind] | None = Field(None, max_length=4)
    n: int = Field(3, ge=1, le=20)
    seed: int | None = Field(None, ge=0, lt=2**53)

    @model_validator(mode="after")
    def _pair(self) -> OffersIn:
        if (self.valence is None) != (self.arousal is None):
            raise ValueError("valence and arousal go together")
        if self.expression is None and self.valence is None:
            raise ValueError("give an expression, or valence and arousal")
        return self


class LinkOut(Wire):
    """A way to the item on another site; nothing is loaded from there until it is clicked."""

    name: str
    url: str


class OfferOut(Wire):
    """An item with the true reason for it: the largest of ``terms``."""

    item: Item
    reason: str
    score: float
    terms: dict[str, float]
    links: list[LinkOut]


class ShelfOut(Wire):
    """The offers of one kind; ``note`` says why there are fewer than asked."""

    kind: Kind
    offers: list[OfferOut]
    note: str | None


class PlaceOut(Wire):
    """A place on the mood map, each -1..1."""

    valence: float
    arousal: float


class OffersOut(Wire):
    """Shelves in the order song, film, food, activity; ``target``: where the lane leads."""

    lane: Lane
    target: PlaceOut
    expression: Expression | None
    shelves: list[ShelfOut]


class FeedbackIn(Asked):
    """What was done with an offer, and the mood and lane it was made in."""

    item_id: ItemId
    action: Action
    expression: Expression | None = None
    valence: Signed | None = None
    arousal: Signed | None = None
    lane: Lane | None = None


class FeedbackAck(Wire):
    """It is on the disk."""

    item_id: str
    action: Action
    at: datetime


class FeedbackOut(FeedbackAck):
    """One act, as it is remembered."""

    expression: Expression | None
    valence: float | None
    arousal: float | None
    lane: Lane | None

    @classmethod
    def of(cls, act: Feedback) -> FeedbackOut:
        """From the store's."""
        affect = act.affect
        return cls(
            item_id=act.item_id,
            action=act.action,
            at=act.at,
            expression=act.mood,
            valence=None if affect is None else affect.valence,
            arousal=None if affect is None else affect.arousal,
            lane=act.lane,
        )


class FeedbackList(Wire):
    """Everything that was done with offers, oldest first."""

    feedback: list[FeedbackOut]


class FiltersIO(Asked):
    """What must never be offered; see :class:`moodmirror.types.Filters`. Lists are kept sorted."""

    diet: list[Diet] = Field(default_factory=list, max_length=8)
    avoid_allergens: list[Allergen] = Field(default_factory=list, max_length=20)
    max_certificate: int | None = Field(None, ge=0, le=99)
    allow_explicit: bool = True
    allow_alcohol: bool = True
    allow_caffeine: bool = True
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]] = Field(
        default_factory=list, max_length=50
    )
    max_cost: int | None = Field(None, ge=0, le=2)
    max_minutes: int | None = Field(None, ge=1, le=10_000)
    blocked: list[ItemId] = Field(default_factory=list, max_length=1000)

    def to_filters(self) -> Filters:
        """As the recommender takes them."""
        values: dict[str, Any] = {
            name: frozenset(value) if isinstance(value, list) else value
            for name, value in self.model_dump(mode="python").items()
        }
        return Filters(**values)


class SettingsIO(Asked):
    """A person's choices. On PUT, what is not given stays as it is. ``keep_days`` null: moods are kept for good."""

    filters: FiltersIO = Field(default_factory=FiltersIO)
    theme: Literal["system", "light", "dark"] = "system"
    keep_days: int | None = Field(None, ge=1, le=36_500)
    lanes: dict[Expression, Lane] = Field(default_factory=dict)
    remember_camera_moods: bool = True


class RestingFaceOut(Wire):
    """A resting face. ``offset``: added to the logits of my readings. ``read_as``: what my face at rest was read as.

    ``in_use`` is false where another model reads now than the one it was captured with: capture it again.
    """

    at: datetime
    offset: dict[Expression, float]
    readings: int
    seconds: float
    read_as: Expression
    in_use: bool

    @classmethod
    def of(cls, kept: StoredRest, model: str) -> RestingFaceOut:
        """From the store's; ``model``: SHA-256 of the one that reads."""
        return cls(
            at=kept.at,
            offset=named(kept.offset),
            readings=kept.readings,
            seconds=kept.seconds,
            read_as=kept.read_as,
            in_use=kept.model == model,
        )


class RestOut(Wire):
    """My resting face, null where none is kept."""

    resting_face: RestingFaceOut | None


class ImportedOut(Wire):
    """How many rows are new."""

    moods: int
    feedback: int
    items: int
    resting_faces: int


class DeletedOut(Wire):
    """How many rows went, by table."""

    deleted: dict[str, int]


class CatalogOut(Wire):
    """A page of items; ``total`` counts all that match."""

    items: list[Item]
    total: int
