"""Bring in what one already has: a folder of CSV files, one an emotion, as mood projects commonly keep them.

The emotion is read from the file's name, or else its folder's (``angry.csv``, ``songs/Sad.csv``, ``happy/films.csv``),
the kind from the header (``song,artist,link``; ``film,year,link``; ``Name,Album,Artist``), or else the path.

Such a list says when to offer a thing and nothing of what it feels like. Its valence and energy are therefore only
guessed, as the emotion's own place on the mood map (:data:`~moodmirror.mood.affect.MOOD_AFFECT`), with
``affect_confidence`` :data:`GUESS_CONFIDENCE`, and the tag ``mood:angry`` keeps what the list did say. An item on
several lists is one item with every tag, in the middle of their places. Language, diet, allergens and the like stay
unknown, so that filters leave it out when they are asked for.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from moodmirror.catalog.load import Problem, decoded, explain, read_lines
from moodmirror.catalog.schema import ITEM, Item, slug
from moodmirror.errors import DataError
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.types import Expression, Kind

__all__ = ["GUESS_CONFIDENCE", "ImportReport", "import_mood_csvs", "stable_id"]

GUESS_CONFIDENCE: Final = 0.3
SOURCE: Final = "mood lists"

_EMOTION: Final[Mapping[str, Expression]] = {
    "angry": "angry", "anger": "angry", "mad": "angry",
    "disgust": "disgust", "disgusted": "disgust",
    "fear": "fear", "fearful": "fear", "afraid": "fear", "scared": "fear",
    "happy": "happy", "happiness": "happy", "joy": "happy",
    "sad": "sad", "sadness": "sad",
    "surprise": "surprise", "surprised": "surprise",
    "neutral": "neutral",
}  # fmt: skip

_KIND: Final[Mapping[str, Kind]] = {
    "song": "song", "songs": "song", "track": "song", "tracks": "song", "music": "song", "track name": "song",
    "film": "film", "films": "film", "movie": "film", "movies": "film",
    "food": "food", "foods": "food", "dish": "food", "dishes": "food", "meal": "food", "recipe": "food", "recipes": "food",
    "sport": "activity", "sports": "activity", "activity": "activity", "activities": "activity", "exercise": "activity",
    "exercises": "activity", "hobby": "activity", "hobbies": "activity",
}  # fmt: skip
_HINT: Final[Mapping[str, Kind]] = {
    "artist": "song", "artists": "song", "singer": "song", "album": "song",
    "director": "film", "certificate": "film",
    "cuisine": "food",
    "place": "activity",
}  # fmt: skip
_TITLE: Final = ("name", "title")
_FIELD: Final[Mapping[str, str]] = {
    "artist": "creator", "artists": "creator", "singer": "creator", "director": "creator", "creator": "creator",
    "link": "link", "url": "link", "links": "link",
    "year": "year", "language": "language", "genre": "genre", "cuisine": "cuisine", "minutes": "minutes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in and what was refused. A file with any problem brings nothing. ``files``: how many were read whole."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    files: int


def stable_id(kind: Kind, title: str, creator: str) -> str:
    """The same id for the same kind, title and creator, so that a second import makes no doubles.

    >>> stable_id("song", "Halo", "Beyoncé") == stable_id("song", " halo", "BEYONCÉ ")
    True
    """
    key = "\x1f".join((kind, " ".join(title.casefold().split()), " ".join(creator.casefold().split())))
    digest = hashlib.sha256(key.encode("utf-8")).hexdigest()[:12]
    return f"{kind}:{slug(title)[:60].strip('-') or 'item'}-{digest}"


def import_mood_csvs(folder: Path) -> ImportReport:
    """Read every CSV file below a folder, or one file. Raises :class:`DataError` where there is none."""
    if folder.is_dir():
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv" and path.is_file())
    else:
        found = [folder] if folder.is_file() else []
    if not found:
        raise DataError(f"{folder}: there is no CSV file. Give a folder with one file an emotion, like angry.csv.")
    merged: dict[str, list[Item]] = {}
    problems: list[Problem] = []
    whole = 0
    for path in found:
        items, faults = _read_file(path, folder)
        problems += faults
        whole += not faults
        for item in () if faults else items:
            merged.setdefault(item.id, []).append(item)
    return ImportReport(tuple(_one(same) for same in merged.values()), tuple(problems), whole)


def _one(same: Sequence[Item]) -> Item:
    """One item of all that share an id: every tag, the middle of their places, the first link."""
    lists = {item.tags: item for item in same}
    return same[0].model_copy(
        update={
            "tags": tuple(dict.fromkeys(tag for item in same for tag in item.tags)),
            "valence": sum(item.valence for item in lists.values()) / len(lists),
            "energy": sum(item.energy for item in lists.values()) / len(lists),
            "link": next((item.link for item in same if item.link), None),
        }
    )


def _read_file(path: Path, root: Path) -> tuple[list[Item], list[Problem]]:
    file = str(path)
    try:
        rows = list(_rows(path))
    except OSError as error:
        return [], [Problem(file, 0, "", f"cannot be read: {error.strerror}")]
    broken = [row for row in rows if isinstance(row, Problem)]
    cells = [row for row in rows if not isinstance(row, Problem)]
    # The name nearest to the file speaks first: 'sad/happy.csv' is happy.
    names = [path.stem, *(part.name for part in path.parents if part == root or root in part.parents)]
    words = [word for name in names for word in re.findall(r"[a-z]+", name.lower())]
    emotion = next((_EMOTION[word] for word in words if word in _EMOTION), None)
    if broken:
        return [], broken
    if not cells:
        return [], [Problem(file, 0, "", "is empty")]
    if emotion is None:
        return [], [Problem(file, 0, "", "names no emotion; call it angry.csv, sad.csv or the like")]
    return _read_rows(file, cells, words, emotion)


def _read_rows(
    file: str, cells: Sequence[tuple[int, list[str]]], words: Sequence[str], emotion: Expression
) -> tuple[list[Item], list[Problem]]:
    header = [name.strip().lower() for name in cells[0][1]]
    kind = _kind_of(header, words)
    title = next((i for i, name in enumerate(header) if name in _TITLE or _KIND.get(name) == kind), None)
    if kind is None or title is None:
        message = "the header names neither a song, film, food nor activity column; it reads " + ",".join(header)[:80]
        return [], [Problem(file, cells[0][0], "", message)]
    items: list[Item] = []
    problems: list[Problem] = []
    for number, row in cells[1:]:
        made = _item(file, number, _named(header, row, title), kind, emotion)
        if isinstance(made, list):
            problems += made
        else:
            items.append(made)
    return items, problems


def _rows(path: Path) -> Iterator[tuple[int, list[str]] | Problem]:
    """Line numbers and cells of the rows that are not blank; the first problem ends the file."""
    texts: list[str] = []
    with path.open("rb") as stream:
        for number, raw in enumerate(read_lines(stream), 1):
            text = decoded(str(path), number, raw)
            if isinstance(text, Problem):
                yield text
                return
            texts.append(text + "\n")
    reader = csv.reader(texts, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        yield Problem(str(path), reader.line_num, "", f"is not CSV: {error}")


def _kind_of(header: Sequence[str], words: Sequence[str]) -> Kind | None:
    for known, names in ((_KIND, header), (_HINT, header), (_KIND, words)):
        for name in names:
            if name in known:
                return known[name]
    # 'name,year,link' without more is how film lists look.
    return "film" if "year" in header else None


def _named(header: Sequence[str], row: Sequence[str], title: int) -> dict[str, str] | str:
    """The cells that we know by our own field names, or what is wrong with their number."""
    cells = list(row)
    while len(cells) > len(header) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header):
        return f"has {len(cells)} cells; the header has {len(header)}"
    data = {
        _FIELD[name]: cell.strip() for name, cell in zip(header, cells, strict=True) if name in _FIELD and cell.strip()
    }
    data["title"] = cells[title].strip()
    return data


def _item(file: str, number: int, data: dict[str, str] | str, kind: Kind, emotion: Expression) -> Item | list[Problem]:
    if isinstance(data, str):
        return [Problem(file, number, "", data)]
    if data.get("link", "").lower().startswith("www."):
        data["link"] = f"https://{data['link']}"
    allowed: dict[str, Any] = {
        name: value
        for name, value in data.items()
        if (name != "genre" or kind in {"song", "film"}) and (name != "cuisine" or kind == "food")
    }
    place = MOOD_AFFECT[emotion]
    try:
        return ITEM.validate_python(
            {
                **allowed,
                "id": stable_id(kind, data["title"], data.get("creator", "")),
                "kind": kind,
                "valence": place.valence,
                "energy": place.arousal,
                "affect_confidence": GUESS_CONFIDENCE,
                "tags": (f"mood:{emotion}",),
                "source": SOURCE,
            }
        )
    except ValidationError as error:
        return explain(file, number, error)
