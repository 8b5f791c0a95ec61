"""Pictures with a face, made from skimage's astronaut (public domain, NASA)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data


def portrait_scene(width: int, height: int, shift: int = 0) -> NDArray[np.uint8]:
    """The astronaut before a plain wall, head and shoulders, moved right by ``shift`` pixels; uint8 (h, w, 3), RGB."""
    astronaut: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(astronaut).crop((60, 0, 400, 340))
    side = round(height * 0.95)
    scene = Image.new("RGB", (width, height), (168, 160, 150))
    scene.paste(portrait.resize((side, side), Image.Resampling.LANCZOS), ((width - side) // 2 + shift, height - side))
    return np.asarray(scene, np.uint8)


def jpeg(pixels: NDArray[np.uint8], quality: int = 80) -> bytes:
    """``pixels`` as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def portrait_clip(
    photo: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    seconds: float = 10.0,
    fps: int = 15,
    seed: int = 0,
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """A portrait filmed by a restless hand: (time in seconds, uint8 (480, 640, 3)) with pan, zoom, roll, light and noise.

    ``box``: the face in ``photo``; it takes some 130 to 190 pixels of the picture. The noise is that of a cheap camera.
    """
    random = np.random.default_rng(seed)
    phase = random.uniform(0, 2 * np.pi, 4)
    centre, side = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), box[2] - box[0]
    for step in range(round(seconds * fps)):
        turn = 2 * np.pi * step / (seconds * fps)
        zoom = (160 + 30 * np.sin(turn + phase[0])) / side
        matrix = cv2.getRotationMatrix2D(centre, 10 * np.sin(2 * turn + phase[1]), zoom)
        matrix[:, 2] += 320 + 60 * np.sin(turn + phase[2]) - centre[0], 240 + 25 * np.sin(2 * turn) - centre[1]
        frame = cv2.warpAffine(photo, matrix, (640, 480), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        light = 0.75 + 0.3 * np.sin(turn + phase[3])
        noisy = frame * light + random.normal(0, 6, frame.shape)
        yield step / fps, np.clip(noisy, 0, 255).astype(np.uint8)
