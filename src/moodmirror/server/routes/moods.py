"""Remembered moods: told by hand, corrected, listed, forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.server.fields import Moment, RowId, seven
from moodmirror.server.schemas import MoodIn, MoodOut, MoodPatch, MoodsOut
from moodmirror.server.state import DeskDep
from moodmirror.store import KEEP
from moodmirror.types import Affect, Mood

router = APIRouter(prefix="/api/v1/moods", tags=["moods"])
EntryId = Annotated[RowId, Path()]


@router.post("", status_code=201)
def add_mood(told: MoodIn, desk: DeskDep) -> MoodOut:
    """Remember a mood. Without a place on the map it gets that of its word; told is sure (1.0) by default."""
    return MoodOut.of(desk.store.add_mood(as_mood(told), desk.now(), told.note))


@router.get("")
def list_moods(
    desk: DeskDep,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before_id: RowId | None = None,
) -> MoodsOut:
    """Moods, newest first; ``since`` is included, ``until`` is not."""
    found = desk.store.moods(since, until, limit + 1, before_id)
    page = found[:limit]
    return MoodsOut(
        moods=[MoodOut.of(entry) for entry in page], next_before_id=page[-1].id if len(found) > limit else None
    )


@router.patch("/{entry_id}")
def change_mood(entry_id: EntryId, change: MoodPatch, desk: DeskDep) -> MoodOut:
    """Set or empty the person's own word or note; the reading itself stays."""
    given = change.model_fields_set
    return MoodOut.of(
        desk.store.update_mood(
            entry_id,
            corrected=change.corrected if "corrected" in given else KEEP,
            note=change.note if "note" in given else KEEP,
        )
    )


@router.delete("/{entry_id}", status_code=204)
def delete_mood(entry_id: EntryId, desk: DeskDep) -> Response:
    """Forget one mood, on the disk too."""
    desk.store.delete_mood(entry_id)
    return Response(status_code=204)


def as_mood(told: MoodIn) -> Mood:
    """The domain's mood of what was told."""
    if told.valence is not None and told.arousal is not None:
        place = Affect(told.valence, told.arousal)
    else:
        place = MOOD_AFFECT[told.expression] if told.expression is not None else Affect(0.0, 0.0)
    confidence = 1.0 if told.confidence is None else told.confidence
    return Mood(told.expression, seven(told.probabilities or {}), place, confidence, told.source)
