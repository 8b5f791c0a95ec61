"""Figures as pictures, drawn with Pillow so that measuring needs no plotting library."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from moodmirror.evaluation.calibration import Fitting, Reliability
from moodmirror.evaluation.datasets import CROP_PX
from moodmirror.evaluation.robustness import SEED, Loss
from moodmirror.types import EXPRESSIONS

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour: TypeAlias = tuple[int, int, int]

CELL_PX = 76
MARGIN_PX = 110
PANEL_PX = 300
ROW_PX = 64
BAR_LEFT_PX, BAR_PX_PER_POINT = 430, 22
_PAPER, _INK, _FULL = (255, 255, 255), (31, 41, 55), (57, 73, 171)
_FAINT, _GAP = (219, 224, 238), (242, 193, 78)


def confusion_png(confusion: NDArray[np.int64], title: str) -> bytes:
    """A PNG of ``confusion`` (7, 7): rows the label, columns the prediction, shaded by the share of the row."""
    side = CELL_PX * len(EXPRESSIONS)
    image, draw = _sheet(MARGIN_PX + side + 20, MARGIN_PX + side + 20, title)
    font = ImageFont.load_default(16)
    draw.text((20, 50), "rows: label, columns: prediction", _INK, font)
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    for row, name in enumerate(EXPRESSIONS):
        middle = MARGIN_PX + row * CELL_PX + CELL_PX // 2
        draw.text((MARGIN_PX - 10, middle), name, _INK, font, anchor="rm")
        draw.text((middle, MARGIN_PX - 12), name, _INK, font, anchor="ms")
        for column in range(len(EXPRESSIONS)):
            _cell(draw, font, row, column, int(confusion[row, column]), float(shares[row, column]))
    return _png(image)


def reliability_png(fittings: Mapping[str, Fitting], title: str) -> bytes:
    """A PNG of reliability diagrams, a row of two for each of ``fittings``: before anything was fitted, and as given out.

    A bin's line is how often it was right; amber, how far its stated confidence lies from that; the strip below, its rows.
    """
    names = {"labels": "label head, against the label", "shown": "what people see, against FER+'s raters"}
    height = PANEL_PX + 130
    image, draw = _sheet(2 * (PANEL_PX + 90) + 20, 90 + height * len(fittings), title)
    caption = "line: how often it was right; amber: how far stated confidence lies from that; below: rows"
    draw.text((20, 50), caption, _INK, ImageFont.load_default(16))
    for row, (name, fitting) in enumerate(fittings.items()):
        for column, (when, one) in enumerate((("before", fitting.before), ("after", fitting.after))):
            left, top = 70 + column * (PANEL_PX + 90), 120 + row * height
            _diagram(draw, left, top, one, f"{names.get(name, name)}\n{when} fitting, ECE {one.ece:.1%}")
    return _png(image)


def robustness_png(losses: Sequence[Loss], as_they_are: float, title: str) -> bytes:
    """A PNG with a row for each of ``losses``: a made-up face in that condition, and a bar of the points that it costs.

    ``as_they_are``: accuracy on unchanged pictures, 0..1. A mark on the bar is the most that may be lost.
    """
    worst = max(0.0, *(loss.lost for loss in losses), *(loss.condition.limit or 0 for loss in losses)) * 100
    width = BAR_LEFT_PX + round(worst * BAR_PX_PER_POINT) + 90
    image, draw = _sheet(max(width, 760), 90 + (ROW_PX + 8) * (len(losses) + 1), title)
    font = ImageFont.load_default(16)
    face = drawn_face()
    caption = "points of accuracy lost; the mark is the most that may be, amber where it is more"
    draw.text((20, 50), caption, _INK, font)
    _thumbnail(image, face, 84)
    draw.text((100, 84 + ROW_PX // 2), f"as it is: accuracy {as_they_are:.1%}", _INK, font, anchor="lm")
    for row, loss in enumerate(losses, 1):
        top = 84 + row * (ROW_PX + 8)
        (view, *_) = loss.condition.views
        _thumbnail(image, view(face[None], np.random.default_rng(SEED))[0], top)
        draw.text((100, top + ROW_PX // 2), loss.condition.title, _INK, font, anchor="lm")
        _bar(draw, font, top, loss)
    return _png(image)


def points(share: float) -> str:
    """A share of 1 in points, without a minus before zero.

    >>> points(0.0331), points(-0.0001)
    ('3.3', '0.0')
    """
    return f"{round(share * 100, 1) + 0.0:.1f}"


def drawn_face() -> NDArray[np.uint8]:
    """A smiling face that belongs to nobody, uint8 (48, 48), grey, framed as the reader's crops are."""
    large = CROP_PX * 8
    image = Image.new("L", (large, large), 70)
    draw = ImageDraw.Draw(image)
    unit = large / 48

    def shape(*xyxy: float) -> tuple[float, float, float, float]:
        left, top, right, bottom = (value * unit for value in xyxy)
        return left, top, right, bottom

    draw.ellipse(shape(3, -8, 45, 40), fill=35)
    draw.ellipse(shape(6, 0, 42, 52), fill=190)
    draw.pieslice(shape(4, -12, 44, 22), 180, 360, fill=35)
    for left in (12, 28):
        draw.arc(shape(left - 1, 12, left + 9, 20), 200, 340, fill=60, width=round(1.6 * unit))
        draw.ellipse(shape(left, 17, left + 8, 22), fill=240)
        draw.ellipse(shape(left + 2.2, 17.2, left + 6, 21.6), fill=40)
    draw.arc(shape(20, 24, 28, 32), 30, 150, fill=130, width=round(1.2 * unit))
    draw.chord(shape(13, 24, 35, 43), 20, 160, fill=90)
    draw.chord(shape(15, 26, 33, 40), 20, 160, fill=235)
    shade = np.linspace(1.08, 0.8, large)
    shaded = np.clip(np.asarray(image, np.float64) * shade, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(shaded).resize((CROP_PX, CROP_PX), Image.Resampling.BOX), np.uint8)


def _sheet(width: int, height: int, title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((20, 16), title, _INK, ImageFont.load_default(20))
    return image, draw


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _cell(draw: ImageDraw.ImageDraw, font: Font, row: int, column: int, count: int, share: float) -> None:
    left, top = MARGIN_PX + column * CELL_PX, MARGIN_PX + row * CELL_PX
    shade = tuple(round(p + (f - p) * share) for p, f in zip(_PAPER, _FULL, strict=True))
    draw.rectangle((left, top, left + CELL_PX - 2, top + CELL_PX - 2), fill=shade)
    ink = _PAPER if share > 0.5 else _INK
    centre = left + CELL_PX // 2, top + CELL_PX // 2
    draw.multiline_text(centre, f"{share:.0%}\n{count}", ink, font, anchor="mm", align="center")


def _diagram(draw: ImageDraw.ImageDraw, left: int, top: int, one: Reliability, title: str) -> None:
    font = ImageFont.load_default(14)
    bottom, width = top + PANEL_PX, PANEL_PX / len(one.bins)
    draw.multiline_text((left, top - 8), title, _INK, font, anchor="ld")
    draw.rectangle((left, top, left + PANEL_PX, bottom), outline=_FAINT)
    most = max(part.rows for part in one.bins)
    for number, part in enumerate(one.bins):
        if part.right is None or part.confidence is None:
            continue
        edges = round(left + number * width) + 1, round(left + (number + 1) * width) - 1
        right, stated = (round(bottom - share * PANEL_PX) for share in (part.right, part.confidence))
        draw.rectangle((edges[0], right, edges[1], bottom), fill=_FULL)
        draw.rectangle((edges[0], min(right, stated), edges[1], max(right, stated)), fill=_GAP)
        draw.line((edges[0], right, edges[1], right), _INK, 2)
        draw.rectangle((edges[0], bottom + 24, edges[1], bottom + 24 + round(30 * part.rows / most)), fill=_FAINT)
    draw.line((left, bottom, left + PANEL_PX, top), _INK)
    for share in (0, 0.5, 1):
        draw.text((left - 8, bottom - share * PANEL_PX), f"{share:.0%}", _INK, font, anchor="rm")
        draw.text((left + share * PANEL_PX, bottom + 4), f"{share:.0%}", _INK, font, anchor="ma")


def _thumbnail(image: Image.Image, face: NDArray[np.uint8], top: int) -> None:
    image.paste(Image.fromarray(face).resize((ROW_PX, ROW_PX), Image.Resampling.NEAREST), (20, top))


def _bar(draw: ImageDraw.ImageDraw, font: Font, top: int, loss: Loss) -> None:
    middle = top + ROW_PX // 2
    end = BAR_LEFT_PX + round(max(0.0, loss.lost) * 100 * BAR_PX_PER_POINT)
    limit = loss.condition.limit
    over = limit is not None and loss.lost > limit
    draw.rectangle((BAR_LEFT_PX, middle - 12, end, middle + 12), fill=_GAP if over else _FULL)
    after = end
    if limit is not None:
        mark = BAR_LEFT_PX + round(limit * 100 * BAR_PX_PER_POINT)
        draw.line((mark, middle - 18, mark, middle + 18), _INK, 3)
        after = max(end, mark)
    draw.text((after + 10, middle), points(loss.lost), _INK, font, anchor="lm")
