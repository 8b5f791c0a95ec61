"""A confusion matrix as a picture, drawn with Pillow so that measuring needs no plotting library."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from moodmirror.types import EXPRESSIONS

CELL_PX = 76
MARGIN_PX = 110
_PAPER, _INK, _FULL = (255, 255, 255), (31, 41, 55), (57, 73, 171)


def confusion_png(confusion: NDArray[np.int64], title: str) -> bytes:
    """A PNG of ``confusion`` (7, 7): rows the label, columns the prediction, shaded by the share of the row."""
    side = CELL_PX * len(EXPRESSIONS)
    image = Image.new("RGB", (MARGIN_PX + side + 20, MARGIN_PX + side + 20), _PAPER)
    draw, font, large = ImageDraw.Draw(image), ImageFont.load_default(16), ImageFont.load_default(20)
    draw.text((20, 16), title, _INK, large)
    draw.text((20, 50), "rows: label, columns: prediction", _INK, font)
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    for row, name in enumerate(EXPRESSIONS):
        middle = MARGIN_PX + row * CELL_PX + CELL_PX // 2
        draw.text((MARGIN_PX - 10, middle), name, _INK, font, anchor="rm")
        draw.text((middle, MARGIN_PX - 10), name, _INK, font, anchor="mb")
        for column in range(len(EXPRESSIONS)):
            _cell(draw, font, row, column, int(confusion[row, column]), float(shares[row, column]))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _cell(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    row: int,
    column: int,
    count: int,
    share: float,
) -> None:
    left, top = MARGIN_PX + column * CELL_PX, MARGIN_PX + row * CELL_PX
    shade = tuple(round(p + (f - p) * share) for p, f in zip(_PAPER, _FULL, strict=True))
    draw.rectangle((left, top, left + CELL_PX - 2, top + CELL_PX - 2), fill=shade)
    ink = _PAPER if share > 0.5 else _INK
    centre = left + CELL_PX // 2, top + CELL_PX // 2
    draw.multiline_text(centre, f"{share:.0%}\n{count}", ink, font, anchor="mm", align="center")
