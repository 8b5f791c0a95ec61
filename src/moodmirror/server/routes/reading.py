"""A photo in, its faces out. The photo stays in memory and is dropped."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from moodmirror.errors import InputError
from moodmirror.mirror import ReadResult
from moodmirror.server.limits import MAX_UPLOAD_BYTES, MULTIPART_ROOM_BYTES
from moodmirror.server.schemas import ReadOut
from moodmirror.server.state import Desk, DeskDep

router = APIRouter(tags=["reading"])

ONE_PHOTO: Final = "Send a form (multipart/form-data) with exactly one file, named 'photo'."
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {
                        "photo": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG or WebP, at most 10 MiB and 24 MP.",
                        }
                    },
                }
            }
        },
    }
}


class InMemoryParser(MultiPartParser):
    """Starlette's, but it never spills a file to the disk: a photo must not touch one."""

    spool_max_size = MAX_UPLOAD_BYTES + MULTIPART_ROOM_BYTES + 1


@router.post("/api/v1/read", openapi_extra=FORM)
async def read_photo(request: Request, desk: DeskDep, rest: bool = False) -> ReadOut:
    """Read every face of one photo, the largest first. Nothing is stored; no face is an answer.

    ``rest``: the photo is of me alone, so use my resting face. With several faces in it that is left out.
    """
    desk.photos.take(desk.clock(), "photos")
    data = await one_photo(request)
    result = await desk.reader.run(_read, desk, data, rest)
    return ReadOut.model_validate(result.to_dict())


def _read(desk: Desk, data: bytes, rest: bool) -> ReadResult:
    return desk.mirror.read(data, desk.resting.now(desk.clock()) if rest else None)


async def one_photo(request: Request) -> bytes:
    """The bytes of the form's one file. Raises InputError for any other form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InputError(ONE_PHOTO)
    try:
        form = await InMemoryParser(request.headers, request.stream(), max_files=1, max_fields=0).parse()
    except (MultiPartException, ValueError, KeyError) as error:
        raise InputError(f"The form cannot be read. {ONE_PHOTO}") from error
    try:
        photo = form.get("photo")
        if len(form.multi_items()) != 1 or not isinstance(photo, UploadFile):
            raise InputError(ONE_PHOTO)
        return await photo.read()
    finally:
        await form.close()
