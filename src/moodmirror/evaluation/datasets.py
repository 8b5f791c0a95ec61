"""Labelled 48x48 face crops: the public FER2013 CSV with FER+ votes, or a folder of pictures per class."""

from __future__ import annotations

import bz2
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from moodmirror.errors import DataError
from moodmirror.expression.labels import FERPLUS
from moodmirror.types import EXPRESSIONS

CROP_PX: Final = 48
"""Side of a training crop, pixels."""

PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
HELD_OUT_FOLDERS: Final = {"test": "PublicTest", "val": "PublicTest", "validation": "PublicTest"}
_FOLDER_NAMES: Final = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
_VOTE_COLUMNS: Final = ("Usage", *FERPLUS, "unknown", "NF")

Progress = Callable[[int], None]
"""Called with the number of rows read so far."""


@dataclass(frozen=True, slots=True)
class LabelledCrops:
    """Face crops with their labels.

    ``crops``: uint8 (n, 48, 48), grey. ``labels``: int64 (n,), 0..6 in the order of ``EXPRESSIONS``.
    ``splits``: str (n,), such as ``Training``. ``votes``: int64 (n, 10), FER+ counts of ``FERPLUS``, unknown and NF, or None.
    """

    crops: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    votes: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, rows: NDArray[np.bool_]) -> LabelledCrops:
        """The rows for which ``rows``, bool (n,), is true."""
        votes = None if self.votes is None else self.votes[rows]
        return LabelledCrops(self.crops[rows], self.labels[rows], self.splits[rows], votes)

    def split(self, name: str) -> LabelledCrops:
        """The rows of one split; a name that does not occur raises ``DataError`` with those that do."""
        rows = self.splits == name
        if not rows.any():
            known = ", ".join(sorted(set(self.splits.tolist())))
            raise DataError(f"no rows of split {name!r}; this data has: {known}.")
        return self.where(rows)


def load_crops(data: Path, votes: Path | None = None, *, progress: Progress | None = None) -> LabelledCrops:
    """Read ``emotion,pixels,Usage`` rows (plain or .bz2), or a folder with one sub-folder of pictures per expression.

    ``votes`` is FER+'s ``fer2013new.csv``, row for row beside the CSV. Raises ``DataError`` naming file, line and field.
    """
    if not data.exists():
        raise DataError(f"{data} does not exist. Give the FER2013 CSV (plain or .bz2) or a folder of class folders.")
    if data.is_dir():
        if votes is not None:
            raise DataError(
                "votes belong to the CSV, row for row; they cannot be matched to folders. Leave --votes out."
            )
        return _load_folders(data, progress)
    crops = _load_csv(data, progress)
    return crops if votes is None else _with_votes(crops, votes)


def without_twins(train: LabelledCrops, held_out: LabelledCrops) -> LabelledCrops:
    """``train`` without the pictures that also stand, to the pixel, in ``held_out``: they would flatter its figures."""
    seen = {crop.tobytes() for crop in held_out.crops}
    return train.where(np.array([crop.tobytes() not in seen for crop in train.crops], dtype=bool))


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".bz2":
        return cast(TextIO, bz2.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a CSV that has the ``needed`` columns."""
    try:
        with _open_text(path) as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}, line 1: no column {', '.join(missing)}. Expected {', '.join(needed)}.")
            for row in reader:
                yield reader.line_num, row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as CSV: {error}. Is it complete, and UTF-8?") from error


def _load_csv(path: Path, progress: Progress | None) -> LabelledCrops:
    crops: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    splits: list[str] = []
    for line, row in _rows(path, ("emotion", "pixels", "Usage")):
        labels.append(_label(path, line, row["emotion"]))
        crops.append(_pixels(path, line, row["pixels"]))
        splits.append(row["Usage"] or "")
        if progress is not None:
            progress(len(labels))
    if not labels:
        raise DataError(f"{path} has a header and no rows.")
    return LabelledCrops(np.stack(crops), np.array(labels, np.int64), np.array(splits, np.str_))


def _label(path: Path, line: int, text: str | None) -> int:
    if text is None or not text.isdecimal() or int(text) >= len(EXPRESSIONS):
        raise DataError(f"{path}, line {line}, emotion: {text!r} is not a class from 0 to {len(EXPRESSIONS) - 1}.")
    return int(text)


def _pixels(path: Path, line: int, text: str | None) -> NDArray[np.uint8]:
    problem = f"{path}, line {line}, pixels: expected {CROP_PX * CROP_PX} whole numbers from 0 to 255"
    try:
        values = np.array((text or "").split(), dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{problem}; {error}.") from error
    if values.size != CROP_PX * CROP_PX or values.min() < 0 or values.max() > 255:
        raise DataError(f"{problem}; found {values.size} values.")
    return values.astype(np.uint8).reshape(CROP_PX, CROP_PX)


def _with_votes(crops: LabelledCrops, path: Path) -> LabelledCrops:
    votes = np.zeros((len(crops), len(FERPLUS) + 2), np.int64)
    count = 0
    for line, row in _rows(path, _VOTE_COLUMNS):
        if count < len(crops) and row["Usage"] != crops.splits[count]:
            raise DataError(
                f"{path}, line {line}, Usage: {row['Usage']!r} stands beside {crops.splits[count]!r} "
                "of the data. Votes go row for row."
            )
        try:
            if count < len(crops):
                votes[count] = [int(row[name]) for name in _VOTE_COLUMNS[1:]]
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}, line {line}: votes are whole numbers; {error}.") from error
        count += 1
    if count != len(crops):
        raise DataError(f"{path} has {count} rows and the data {len(crops)}. Votes go row for row.")
    return LabelledCrops(crops.crops, crops.labels, crops.splits, votes)


def _load_folders(root: Path, progress: Progress | None) -> LabelledCrops:
    """``root/[split/]expression/*.png``; split folders named test or val are held out, as PublicTest is."""
    crops: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    splits: list[str] = []
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES):
        name = path.parent.name.lower()
        name = _FOLDER_NAMES.get(name, name)
        if name not in EXPRESSIONS:
            raise DataError(f"{path}: folder {path.parent.name!r} is none of {', '.join(EXPRESSIONS)}.")
        crops.append(_picture(path))
        labels.append(EXPRESSIONS.index(name))
        splits.append(HELD_OUT_FOLDERS.get(path.parent.parent.name.lower(), "Training"))
        if progress is not None:
            progress(len(labels))
    if not labels:
        raise DataError(f"{root} holds no pictures. Expected folders named {', '.join(EXPRESSIONS)}.")
    return LabelledCrops(np.stack(crops), np.array(labels, np.int64), np.array(splits, np.str_))


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            grey = image.convert("L").resize((CROP_PX, CROP_PX), Image.Resampling.BOX)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not a picture that can be read: {error}.") from error
    return np.asarray(grey, np.uint8)
