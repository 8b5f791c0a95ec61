"""A fake camera for Chromium: a y4m file made of still pictures, each shown for some seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FPS = 6


def write_y4m(path: Path, scenes: Sequence[tuple[NDArray[np.uint8], float]]) -> Path:
    """Write ``scenes``, (uint8 (h, w, 3) RGB, seconds) each, as raw 4:2:0 video; Chromium starts over at its end."""
    height, width = scenes[0][0].shape[:2]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for pixels, seconds in scenes:
            frame = b"FRAME\n" + cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).tobytes()
            for _ in range(round(seconds * FPS)):
                file.write(frame)
    return path


def empty_room(width: int, height: int) -> NDArray[np.uint8]:
    """A wall in soft light, and nobody."""
    across = np.linspace(120, 190, width)[None, :, None]
    down = np.linspace(0, 25, height)[:, None, None]
    wall: NDArray[np.uint8] = np.clip(across - down + np.array([4, 0, -8]), 0, 255).astype(np.uint8)
    return wall
