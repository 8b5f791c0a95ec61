"""The one handler that turns errors into HTTP, all in one form."""

from __future__ import annotations

import logging
from collections.abc import Mapping
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
PLAIN_WORDS: Final = {
    **dict.fromkeys(("model_attributes_type", "model_type", "dict_type", "dataclass_type"), "expected an object"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "expected a list"),
    "missing": "must be given",
    "extra_forbidden": "there is no such field",
}
"""What pydantic's problems are called here, where its words speak of Python."""
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
    >>> problems_in([{"type": "value_error", "loc": ("body",), "msg": "Value error, give an expression"}])
    'body: give an expression'
    """
    shown = [_problem(problem) for problem in errors[:SHOWN_PROBLEMS]]
    more = f" (and {len(errors) - SHOWN_PROBLEMS} more)" if len(errors) > SHOWN_PROBLEMS else ""
    # A lone surrogate that a message quotes cannot be written as UTF-8.
    return ("; ".join(shown) + more).encode("utf-8", "replace").decode()


def _problem(problem: Mapping[str, Any]) -> str:
    kind = problem.get("type")
    if kind == "json_invalid":
        return f"The body is not JSON ({_json_fault(problem)})"
    where = ".".join(str(part) for part in problem["loc"] if part not in {"body", "query", "path"})
    words = PLAIN_WORDS.get(str(kind)) or str(problem["msg"]).removeprefix("Value error, ")
    return f"{where or 'body'}: {words}"


def _json_fault(problem: Mapping[str, Any]) -> str:
    """What stopped the parser; the web framework adds the place as the last of ``loc``, pydantic says it itself."""
    fault = str(problem.get("ctx", {}).get("error", "")).removeprefix("Invalid JSON: ") or str(problem["msg"])
    place = problem["loc"][-1] if problem["loc"] else None
    return f"{fault}, at character {place}" if isinstance(place, int) else fault


async def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind = NAMES.get(error.status_code, "HTTPError")
    return failure(error.status_code, kind, str(error.detail), dict(error.headers or {}))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return failure(500, "InternalError", "The mirror failed at this. Its log says where; please report it.")
