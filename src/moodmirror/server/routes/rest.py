"""The resting face: shown, and undone. It is captured over the live socket."""

from __future__ import annotations

from fastapi import APIRouter, Response

from moodmirror.server.schemas import RestingFaceOut, RestOut
from moodmirror.server.state import DeskDep

router = APIRouter(prefix="/api/v1/rest", tags=["rest"])


@router.get("")
def get_rest(desk: DeskDep) -> RestOut:
    """My resting face, null where none is kept."""
    kept = desk.store.rest()
    model = desk.mirror.classifier.card.sha256
    return RestOut(resting_face=None if kept is None else RestingFaceOut.of(kept, model))


@router.delete("", status_code=204)
def forget_rest(desk: DeskDep) -> Response:
    """Forget my resting face, on the disk too. Live sockets read without it from their next frame on."""
    desk.resting.forget(desk.clock())
    return Response(status_code=204)
