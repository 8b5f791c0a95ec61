"""Pictures with a face, made from skimage's astronaut (public domain, NASA)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data


def portrait_scene(width: int, height: int, shift: int = 0) -> NDArray[np.uint8]:
    """The astronaut before a plain wall, head and shoulders, moved right by ``shift`` pixels; uint8 (h, w, 3), RGB."""
    portrait = Image.fromarray(data.astronaut()).crop((60, 0, 400, 340))
    side = round(height * 0.95)
    scene = Image.new("RGB", (width, height), (168, 160, 150))
    scene.paste(portrait.resize((side, side), Image.Resampling.LANCZOS), ((width - side) // 2 + shift, height - side))
    return np.asarray(scene, np.uint8)


def jpeg(pixels: NDArray[np.uint8], quality: int = 80) -> bytes:
    """``pixels`` as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
