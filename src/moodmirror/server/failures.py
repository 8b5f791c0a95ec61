"""The one handler that turns errors into HTTP, all in one form."""

from __future__ import annotations

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from moodmirror.errors import MoodMirrorError
from moodmirror.server.schemas import ErrorOut
from moodmirror.server.security import error_response

log = logging.getLogger(__name__)
SHOWN_PROBLEMS: Final = 5
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorOut, "description": "What was asked cannot be done; the message says what to do."},
    "5XX": {"model": ErrorOut, "description": "The mirror cannot do it now; the message says what to do."},
}
NAMES: Final = {404: "NotFound", 405: "MethodNotAllowed", 400: "InputError"}


def install(app: FastAPI) -> None:
    """Give an application our form of errors."""
    app.add_exception_handler(MoodMirrorError, _ours)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def failure(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer in our form."""
    return JSONResponse({"error": {"type": kind, "message": message}}, status, headers=headers)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, MoodMirrorError):
        raise error
    if error.http_status >= 500:
        log.error("%s %s: %s", request.method, request.url.path, error)
    return error_response(error)


async def _unfit(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    return failure(422, "ValidationError", problems_in(error.errors()))


def problems_in(errors: Any) -> str:
    """Pydantic's problems as one line: field and what is wrong with it.

    >>> problems_in([{"loc": ("body", "valence"), "msg": "Input should be less than or equal to 1"}])
    'valence: Input should be less than or equal to 1'
    """
    shown = []
    for problem in errors[:SHOWN_PROBLEMS]:
        where = ".".join(str(part) for part in problem["loc"] if part not in {"body", "query", "path"})
        shown.append(f"{where or 'body'}: {problem['msg']}")
    more = f" (and {len(errors) - SHOWN_PROBLEMS} more)" if len(errors) > SHOWN_PROBLEMS else ""
    # A lone surrogate that a message quotes cannot be written as UTF-8.
    return ("; ".join(shown) + more).encode("utf-8", "replace").decode()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind = NAMES.get(error.status_code, "HTTPError")
    return failure(error.status_code, kind, str(error.detail), dict(error.headers or {}))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return failure(500, "InternalError", "The mirror failed at this. Its log says where; please report it.")
