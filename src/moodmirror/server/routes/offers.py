"""Offers for a mood, what is done with them, and the catalogue they come from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from moodmirror.catalog.schema import Item
from moodmirror.server.mind import told_mood
from moodmirror.server.schemas import (
    CatalogOut,
    FeedbackAck,
    FeedbackIn,
    FeedbackList,
    FeedbackOut,
    OffersIn,
    OffersOut,
)
from moodmirror.server.state import DeskDep
from moodmirror.types import Affect, Feedback, Kind

router = APIRouter(prefix="/api/v1", tags=["offers"])


@router.post("/offers")
def offers(asked: OffersIn, desk: DeskDep) -> OffersOut:
    """Offers of each kind for a mood told by word, by place, or both. Asking changes nothing that is stored."""
    mood = told_mood(asked.expression, _place(asked.valence, asked.arousal))
    return desk.mind.offer(mood, asked.lane, asked.kinds, asked.n, asked.seed, desk.now())


@router.post("/feedback", status_code=201)
def add_feedback(told: FeedbackIn, desk: DeskDep) -> FeedbackAck:
    """Remember what was done with an item; the next offer heeds it. 404 for an item that is not in the catalogue."""
    desk.mind.catalog().by_id(told.item_id)
    act = Feedback(
        told.item_id, told.action, desk.now(), told.expression, _place(told.valence, told.arousal), told.lane
    )
    kept = desk.store.add_feedback(act)
    return FeedbackAck(item_id=kept.item_id, action=kept.action, at=kept.at)


@router.get("/feedback")
def list_feedback(desk: DeskDep) -> FeedbackList:
    """Everything that was done with offers, oldest first."""
    return FeedbackList(feedback=[FeedbackOut.of(act) for act in desk.store.feedback()])


@router.delete("/feedback/{item_id}", status_code=204)
def undo_feedback(item_id: str, desk: DeskDep) -> Response:
    """Take back like, not now and never for an item."""
    desk.store.undo_feedback(item_id)
    return Response(status_code=204)


@router.get("/catalog")
def catalog(
    desk: DeskDep,
    kind: Kind | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> CatalogOut:
    """Items whose title, maker or tags hold every word of ``q``."""
    items = desk.mind.catalog()
    words = q.casefold().split()
    found = [item for item in (items if kind is None else items.of_kind(kind)) if _holds(item, words)]
    return CatalogOut(items=found[offset : offset + limit], total=len(found))


def _holds(item: Item, words: list[str]) -> bool:
    text = " ".join((item.title, item.creator, *item.tags)).casefold()
    return all(word in text for word in words)


def _place(valence: float | None, arousal: float | None) -> Affect | None:
    return None if valence is None or arousal is None else Affect(valence, arousal)
