"""Settings, and everything that is stored: out, in again, and gone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from moodmirror.errors import DataError
from moodmirror.server.fields import named
from moodmirror.server.mind import read_items
from moodmirror.server.schemas import DeletedOut, ImportedOut, SettingsIO
from moodmirror.server.state import Desk, DeskDep
from moodmirror.types import EXPRESSIONS, MoodEntry

router = APIRouter(prefix="/api/v1", tags=["data"])

EXPORT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "What GET /api/v1/export gave."}}},
    }
}
CSV_COLUMNS: Final = (
    "id", "at", "source", "expression", "corrected", "valence", "arousal", "confidence", *EXPRESSIONS, "note",
)  # fmt: skip
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


@router.get("/settings")
def get_settings(desk: DeskDep) -> SettingsIO:
    """The person's choices, with defaults where none was made."""
    return desk.mind.settings()


@router.put("/settings")
def put_settings(chosen: SettingsIO, desk: DeskDep) -> SettingsIO:
    """Change choices. What is not given stays: a page that sends only its theme must not drop an allergy."""
    values = chosen.model_dump(mode="json", include=chosen.model_fields_set)
    if "filters" in values:
        kept = desk.mind.settings().filters.model_dump(mode="json")
        values["filters"] = kept | chosen.filters.model_dump(mode="json", include=chosen.filters.model_fields_set)
    desk.store.put_settings(values)
    forget_old(desk)
    return desk.mind.settings()


def forget_old(desk: Desk) -> None:
    """Forget what is older than the person wants it kept."""
    keep_days = desk.mind.settings().keep_days
    if keep_days is not None:
        desk.store.purge(keep_days, desk.now())


@router.get("/export")
def export(desk: DeskDep) -> Response:
    """Everything that is stored, as one JSON file that the import reads back without loss."""
    body = json.dumps(desk.store.export(desk.now()), ensure_ascii=False, indent=1)
    return _attachment(body, "application/json", f"moodmirror-{desk.now():%Y-%m-%d}.json")


class CsvResponse(Response):
    """RFC 4180."""

    media_type = "text/csv"


@router.get("/export/moods.csv", response_class=CsvResponse)
def export_moods(desk: DeskDep) -> Response:
    """The moods as a table for a spreadsheet."""
    return _attachment(moods_csv(desk.store.moods()), "text/csv", f"moods-{desk.now():%Y-%m-%d}.csv")


@router.post("/import", openapi_extra=EXPORT_BODY)
async def import_(request: Request, desk: DeskDep) -> ImportedOut:
    """Read an export back: all is checked first, then written in one transaction. A second time adds nothing."""
    body = await request.body()
    return await run_in_threadpool(_import, desk, body)


@router.delete("/data")
def delete_data(desk: DeskDep) -> DeletedOut:
    """Forget everything, on the disk too. There is no way back but an export."""
    deleted = desk.store.delete_all()
    desk.resting.renew(desk.clock())
    return DeletedOut(deleted=deleted)


def _import(desk: Desk, body: bytes) -> ImportedOut:
    data = parse_json(body)
    _check_meaning(data)
    counts = desk.store.import_(data)
    desk.resting.renew(desk.clock())
    return ImportedOut(**counts)


def parse_json(body: bytes) -> Any:
    """Strict JSON: no NaN, no bottomless nesting. Raises DataError."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DataError("This is not an export: it is not JSON. Choose a file that the export made.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_meaning(data: Any) -> None:
    """What the store cannot know: that items fit the catalogue's schema and settings the page's."""
    if not isinstance(data, dict):
        return
    items, settings = data.get("items"), data.get("settings")
    try:
        if isinstance(items, list):
            rows = [item for item in items if isinstance(item, dict) and isinstance(item.get("data"), dict)]
            for row, item in zip(rows, read_items([row["data"] for row in rows]), strict=True):
                if (item.id, item.kind) != (row.get("id"), row.get("kind")):
                    raise DataError(f"Nothing was imported; the item {item.id} stands under another id or kind.")
        if isinstance(settings, dict):
            SettingsIO.model_validate(settings)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"Nothing was imported; {where}: {first['msg']}. Export again, or mend the file.") from error


def moods_csv(entries: Iterable[MoodEntry]) -> str:
    """One line a mood, newest first, RFC 4180."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(CSV_COLUMNS)
    for entry in entries:
        read = named(entry.probabilities)
        table.writerow([
            entry.id, entry.at.isoformat(), entry.source, entry.label or "", entry.corrected or "",
            entry.affect.valence, entry.affect.arousal, entry.confidence,
            *(read.get(name, "") for name in EXPRESSIONS), _harmless(entry.note or ""),
        ])  # fmt: skip
    return text.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet must not take a note for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _attachment(body: str, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body.encode(), media_type=f"{media_type}; charset=utf-8", headers=headers)
