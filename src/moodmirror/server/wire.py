"""The live socket's messages, typed. docs/api.md tells the order they come in."""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter, model_validator

from moodmirror.mood.rest import WhyRefused
from moodmirror.server.fields import Asked, Finite, Pixel, Probabilities, Share, Wire, seven
from moodmirror.server.limits import MAX_FACES, MAX_FRAME_PX
from moodmirror.server.schemas import ErrorBody, LimitsOut, OffersOut, ReadingOut, RestingFaceOut
from moodmirror.types import EXPRESSIONS, Expression, Face, Lane, Quality, Scores

Logit: TypeAlias = Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
TrackId: TypeAlias = Annotated[int, Field(ge=0, lt=2**53)]


class Start(Asked):
    """First of all: who reads, the server (frames follow) or the page (readings follow)."""

    type: Literal["start"]
    reads: Literal["server", "page"] = "server"


class QualityIn(Asked):
    """As the graph gives it; see :class:`moodmirror.types.Quality`."""

    size_px: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    brightness: Share
    contrast: Share
    sharpness: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    inside: Share
    yaw: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class FaceIn(Asked):
    """A face as the page read it."""

    bbox_xyxy: tuple[Pixel, Pixel, Pixel, Pixel]
    landmarks: list[tuple[Pixel, Pixel]] = Field(default_factory=list, max_length=6)
    detection: Share
    logits: list[Logit] = Field(min_length=7, max_length=7)
    probabilities: Probabilities
    quality: QualityIn

    @model_validator(mode="after")
    def _is_a_face(self) -> FaceIn:
        left, top, right, bottom = self.bbox_xyxy
        if left >= right or top >= bottom:
            raise ValueError("bbox_xyxy must be left < right and top < bottom")
        if len(self.landmarks) not in {0, 6}:
            raise ValueError("landmarks must be six points or none")
        if set(self.probabilities) != set(EXPRESSIONS) or not math.isclose(
            sum(seven(self.probabilities)), 1, abs_tol=0.01
        ):
            raise ValueError("probabilities must name all seven expressions and sum to 1")
        return self

    def face(self) -> Face:
        """The domain's face."""
        return Face(self.bbox_xyxy, self.detection, tuple(self.landmarks))

    def scores(self) -> Scores:
        """The domain's scores."""
        return Scores(seven(self.probabilities), tuple(self.logits), Quality(**self.quality.model_dump()))


class Readings(Asked):
    """What the page read in one of its frames. ``at``: seconds on its own clock."""

    type: Literal["readings"]
    at: Annotated[Finite, Field(ge=0, le=1e12)]
    width: int = Field(ge=1, le=MAX_FRAME_PX * 4)
    height: int = Field(ge=1, le=MAX_FRAME_PX * 4)
    faces: list[FaceIn] = Field(max_length=MAX_FACES)


class Choose(Asked):
    """Which face is 'me'; null leaves it to size."""

    type: Literal["choose"]
    track_id: TrackId | None


class ChooseLane(Asked):
    """The lane for the present mood; it is remembered for that mood."""

    type: Literal["lane"]
    lane: Lane


class Correct(Asked):
    """The person's own word for the present mood; null takes it back."""

    type: Literal["correct"]
    expression: Expression | None


class MoreOffers(Asked):
    """Fresh offers for the present mood."""

    type: Literal["offers"]


class Rest(Asked):
    """Capture my resting face from the frames that follow, or stop that; leave it out on this socket, or use it again."""

    type: Literal["rest"]
    action: Literal["start", "cancel", "leave_out", "use"]


ClientMessage: TypeAlias = Annotated[
    Start | Readings | Choose | ChooseLane | Correct | MoreOffers | Rest, Field(discriminator="type")
]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class Hello(Wire):
    """Once, before anything else."""

    type: Literal["hello"] = "hello"
    version: str
    limits: LimitsOut


class MoodState(Wire):
    """My settled mood. ``expression`` is the network's word, ``corrected`` mine; ``entry_id`` once it is stored.

    ``settled`` is false while nothing has held long enough; ``expression`` is then null.
    """

    expression: Expression | None
    confidence: float
    probabilities: Probabilities
    valence: float
    arousal: float
    corrected: Expression | None
    why_unclear: str | None
    entry_id: int | None
    settled: bool


class State(Wire):
    """The answer to one frame. ``dropped``: frames passed over so far because newer ones had come.

    ``rested``: the face that was read with my resting face; it is me, or null for nobody.
    """

    type: Literal["state"] = "state"
    seq: int
    width: int
    height: int
    faces: list[ReadingOut]
    me: int | None
    rested: int | None
    mood: MoodState | None
    dropped: int
    took_ms: float


class LiveOffers(OffersOut):
    """Offers for the settled mood."""

    type: Literal["offers"] = "offers"


class RestState(Wire):
    """How a capture stands, 0 to 1, after each frame of it and at its end.

    ``reason`` and ``message`` say why it was refused and what to do; ``resting_face``: what was kept.
    """

    type: Literal["rest"] = "rest"
    status: Literal["capturing", "kept", "refused", "cancelled"]
    progress: Share
    reason: WhyRefused | None = None
    message: str | None = None
    resting_face: RestingFaceOut | None = None


class LiveError(Wire):
    """One message could not be used; the socket stays open."""

    type: Literal["error"] = "error"
    error: ErrorBody


ServerMessage: TypeAlias = Hello | State | LiveOffers | RestState | LiveError
