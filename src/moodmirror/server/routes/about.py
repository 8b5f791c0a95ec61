"""Is it alive, is it ready, what is it."""

from __future__ import annotations

from fastapi import APIRouter

from moodmirror import __version__
from moodmirror.expression.card import ModelCard
from moodmirror.server.limits import MAX_FRAME_BYTES, MAX_FRAME_PX, MAX_UPLOAD_BYTES, MAX_UPLOAD_MEGAPIXELS
from moodmirror.server.schemas import AboutOut, HealthOut, LimitsOut, ModelOut, ReadyOut, StoredFieldOut
from moodmirror.server.state import DeskDep
from moodmirror.store import stored_fields

router = APIRouter()
LIMITS = LimitsOut(
    upload_bytes=MAX_UPLOAD_BYTES,
    upload_megapixels=MAX_UPLOAD_MEGAPIXELS,
    frame_bytes=MAX_FRAME_BYTES,
    frame_px=MAX_FRAME_PX,
)


@router.get("/healthz", tags=["health"])
async def healthz() -> HealthOut:
    """The process answers."""
    return HealthOut()


@router.get("/readyz", tags=["health"])
def readyz(desk: DeskDep) -> ReadyOut:
    """The model is loaded and the database answers; 503 with the reason where one does not."""
    desk.store.check()
    return ReadyOut(model=desk.mirror.classifier.card.name, database=desk.store.address)


@router.get("/api/v1/about", tags=["about"])
def about(desk: DeskDep) -> AboutOut:
    """Version, model, limits, and every field that is stored, with the reason."""
    fields = [StoredFieldOut(name=field.name, why=field.why) for field in stored_fields()]
    return AboutOut(
        version=__version__,
        model=model_out(desk.mirror.classifier.card),
        detector=desk.settings.detector,
        limits=LIMITS,
        stored_fields=fields,
    )


def model_out(card: ModelCard) -> ModelOut:
    """The model's card on the wire."""
    return ModelOut(
        name=card.name,
        sha256=card.sha256,
        labels=list(card.labels),
        trained_on=card.trained_on,
        figures=dict(card.figures),
    )
