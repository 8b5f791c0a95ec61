"""Read items from files, check them, and hold them as one catalogue.

Files are UTF-8: JSON Lines (one item a line) or CSV with a header of our field names, where lists are parted by '|'.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from moodmirror.catalog.schema import ITEM, ITEM_TYPES, Item
from moodmirror.errors import DataError, NotFound
from moodmirror.types import KINDS, Kind

__all__ = [
    "MAX_LINE_BYTES",
    "STARTER",
    "Catalog",
    "Problem",
    "check",
    "decoded",
    "explain",
    "load_all",
    "load_items",
    "load_starter",
    "read_lines",
]

STARTER: Final = Path(__file__).parent / "starter"
"""Folder of the catalogue that ships with the package, one folder a kind."""

MAX_LINE_BYTES: Final = 64 * 1024
"""Longest line of a catalogue file; an item takes well under 2 KiB."""

SUFFIXES: Final = (".jsonl", ".ndjson", ".csv")
_LISTS: Final = frozenset({"tags", "warnings", "diet", "allergens", "season", "cautions"})
_NONE_WORD: Final = "none"
_COLUMNS: Final = frozenset(name for model in ITEM_TYPES.values() for name in model.model_fields)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one file. ``line`` counts from 1, 0 for the file as a whole; ``field`` may be empty."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class Catalog:
    """Items, fixed once built; ids are unique. Raises :class:`DataError` where two items share one.

    >>> from moodmirror.catalog.schema import Song
    >>> catalog = Catalog([Song(id="song:halo", title="Halo", creator="Beyoncé", valence=0.5, energy=0.4)])
    >>> len(catalog), catalog.by_id("song:halo").title
    (1, 'Halo')
    """

    __slots__ = ("_by_id", "_of_kind")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        by_id: dict[str, Item] = {}
        for item in items:
            if item.id in by_id:
                raise DataError(f"Two items share the id {item.id!r}. Give one of them another.")
            by_id[item.id] = item
        self._by_id = by_id
        self._of_kind: dict[Kind, tuple[Item, ...]] = {
            kind: tuple(item for item in by_id.values() if item.kind == kind) for kind in KINDS
        }

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._by_id.values())

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._by_id

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, in the order given."""
        return tuple(self._by_id.values())

    def get(self, item_id: str) -> Item | None:
        """The item, or None where there is none of that id."""
        return self._by_id.get(item_id)

    def by_id(self, item_id: str) -> Item:
        """The item of that id. Raises :class:`NotFound`."""
        item = self._by_id.get(item_id)
        if item is None:
            raise NotFound(f"There is no item {item_id!r} in the catalogue.")
        return item

    def of_kind(self, kind: Kind) -> tuple[Item, ...]:
        """Every item of a kind, in the order given."""
        return self._of_kind[kind]

    def merged(self, other: Iterable[Item]) -> Catalog:
        """This catalogue with the other's items; where both know an id, the other's wins and keeps its place."""
        by_id = dict(self._by_id)
        by_id.update((item.id, item) for item in other)
        return Catalog(by_id.values())


def load_starter() -> Catalog:
    """The catalogue that ships with the package. Raises :class:`DataError` where a file of it is broken."""
    return Catalog(item.model_copy(update={"source": "starter"}) for item in load_items(STARTER))


def load_items(path: Path) -> tuple[Item, ...]:
    """Every item of a file, or of each catalogue file below a folder.

    Raises :class:`DataError` that names file, line and field of the first problem, and how many there are.
    """
    return _items(_read(path))


def load_all(paths: Sequence[Path]) -> Catalog:
    """The starter catalogue with the items of these files; on the same id the later file wins."""
    catalog = load_starter()
    for path in paths:
        catalog = catalog.merged(load_items(path))
    return catalog


def check(path: Path) -> list[Problem]:
    """Every problem of a file or folder, in order; an empty list says that it would load."""
    return [entry for entry in _unique(_read(path)) if isinstance(entry, Problem)]


@dataclass(frozen=True, slots=True)
class Row:
    """An item and where it was read."""

    file: str
    line: int
    item: Item


_Entry: TypeAlias = Row | Problem


def _items(entries: Iterable[_Entry]) -> tuple[Item, ...]:
    items: list[Item] = []
    problems: list[Problem] = []
    for entry in _unique(entries):
        if isinstance(entry, Problem):
            problems.append(entry)
        else:
            items.append(entry.item)
    if problems:
        more = f" ({len(problems) - 1} more like this; `moodmirror catalog check` lists them)" if problems[1:] else ""
        raise DataError(f"{problems[0]}{more}")
    return tuple(items)


def _unique(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """Turn the second item of one id into a problem that names the first."""
    seen: dict[str, Row] = {}
    for entry in entries:
        if isinstance(entry, Row):
            first = seen.setdefault(entry.item.id, entry)
            if first is not entry:
                message = f"{entry.item.id!r} stands already in {first.file}:{first.line}"
                yield Problem(entry.file, entry.line, "id", message)
                continue
        yield entry


def _read(path: Path) -> Iterator[_Entry]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if not found:
            yield Problem(str(path), 0, "", f"holds no file that ends in {', '.join(SUFFIXES)}")
        for file in found:
            yield from _read_file(file)
    else:
        yield from _read_file(path)


def _read_file(path: Path) -> Iterator[_Entry]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        yield Problem(str(path), 0, "", f"is neither JSON Lines nor CSV; the name must end in {', '.join(SUFFIXES)}")
        return
    try:
        with path.open("rb") as stream:
            lines = read_lines(stream)
            yield from _csv_rows(str(path), lines) if suffix == ".csv" else _json_rows(str(path), lines)
    except OSError as error:
        yield Problem(str(path), 0, "", f"cannot be read: {error.strerror}")


def read_lines(stream: Any) -> Iterator[bytes]:
    """Lines of a binary stream, each cut just above :data:`MAX_LINE_BYTES`, so that a huge line never fills memory."""
    while line := stream.readline(MAX_LINE_BYTES + 2):
        yield line
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 2)


def decoded(file: str, number: int, raw: bytes) -> str | Problem:
    """One line as text, or what is wrong with it."""
    if len(raw.rstrip(b"\r\n")) > MAX_LINE_BYTES:
        return Problem(file, number, "", f"the line is longer than {MAX_LINE_BYTES // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return Problem(file, number, "", f"is not UTF-8 at byte {error.start + 1}; save the file as UTF-8")
    if "\0" in text:
        return Problem(file, number, "", "holds a null character")
    return text.rstrip("\r\n")


def _json_rows(file: str, lines: Iterable[bytes]) -> Iterator[_Entry]:
    empty = True
    for number, raw in enumerate(lines, 1):
        text = decoded(file, number, raw)
        if isinstance(text, Problem):
            empty = False
            yield text
            continue
        if not text.strip():
            continue
        empty = False
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Problem(file, number, "", f"is not JSON: {error}")
            continue
        yield from _row(file, number, data)
    if empty:
        yield Problem(file, 0, "", "is empty")


def _csv_rows(file: str, lines: Iterable[bytes]) -> Iterator[_Entry]:
    texts: list[str] = []
    for number, raw in enumerate(lines, 1):
        text = decoded(file, number, raw)
        if isinstance(text, Problem):
            # A CSV row may span lines, so that nothing after a broken line can be trusted.
            yield text
            return
        texts.append(text + "\n")
    try:
        reader = csv.reader(texts, strict=True)
        header = [name.strip().lower() for name in next(reader, [])]
        if problem := _header_problem(file, header):
            yield problem
            return
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield from _csv_row(file, reader.line_num, header, cells)
    except csv.Error as error:
        yield Problem(file, reader.line_num, "", f"is not CSV: {error}")


def _header_problem(file: str, header: list[str]) -> Problem | None:
    if not header:
        return Problem(file, 0, "", "is empty")
    if missing := [name for name in ("id", "kind", "title", "valence", "energy") if name not in header]:
        return Problem(file, 1, missing[0], f"the header lacks {', '.join(missing)}")
    if strange := [name for name in header if name not in _COLUMNS]:
        return Problem(file, 1, strange[0], "is no column of ours")
    if len(set(header)) < len(header):
        return Problem(file, 1, "", "names a column twice")
    return None


def _csv_row(file: str, number: int, header: list[str], cells: list[str]) -> Iterator[_Entry]:
    if len(cells) != len(header):
        yield Problem(file, number, "", f"has {len(cells)} cells; the header has {len(header)}")
        return
    data: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        value = cell.strip()
        if not value:
            continue
        # 'none' is the empty list, told apart from an empty cell, which is 'not known'.
        listed = [] if value.lower() == _NONE_WORD else [part.strip() for part in value.split("|")]
        data[name] = listed if name in _LISTS else value
    yield from _row(file, number, data)


def _row(file: str, number: int, data: object) -> Iterator[_Entry]:
    if not isinstance(data, dict):
        yield Problem(file, number, "", "is not an object")
        return
    try:
        yield Row(file, number, ITEM.validate_python(data))
    except ValidationError as error:
        yield from explain(file, number, error)


def explain(file: str, number: int, error: ValidationError) -> list[Problem]:
    """Every fault of one row, each with its field."""
    problems: list[Problem] = []
    for fault in error.errors(include_url=False, include_context=False):
        # The first place is the union's tag, which says nothing that the row does not.
        place = [str(part) for part in fault["loc"] if part not in KINDS]
        problems.append(Problem(file, number, ".".join(place), _plain_message(fault["msg"], fault.get("input"))))
    return problems


def _plain_message(message: str, given: object) -> str:
    shown = repr(given)
    short = message.removeprefix("Value error, ")
    return short if isinstance(given, dict) or len(shown) > 60 else f"{short}, not {shown}"
