"""Faces, labels and confidences drawn into a copy of a frame."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from moodmirror.types import Frame, Reading

_LINE, _PLATE, _TEXT = (57, 73, 171), (31, 41, 55), (255, 255, 255)


def draw_readings(frame: Frame, readings: Sequence[Reading]) -> Image.Image:
    """A picture of ``frame`` with a box and a plate for each reading."""
    image = Image.fromarray(frame.pixels)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(14, frame.width // 45))
    for reading in readings:
        left, top, right, bottom = reading.face.bbox_xyxy
        draw.rectangle((left, top, right, bottom), outline=_LINE, width=max(2, frame.width // 300))
        text = f"{reading.mood.label or 'unclear'} {reading.mood.confidence:.0%}"
        x0, y0, x1, y1 = draw.textbbox((left, top), text, font, anchor="lb")
        draw.rectangle((x0 - 4, y0 - 4, x1 + 4, y1 + 4), fill=_PLATE)
        draw.text((left, top), text, _TEXT, font, anchor="lb")
    return image
