"""Bytes become a :class:`Frame` here and nowhere else: what may come in, how large, and which way up."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from moodmirror.errors import ImageTooLarge, InputError, NotAnImage
from moodmirror.types import Frame

MAX_BYTES: Final = 10 * 1024 * 1024
"""Largest file taken, bytes."""
MAX_PIXELS: Final = 24_000_000
"""Largest picture taken, pixels; read from the header before anything is decoded."""
MAX_SIDE_PX: Final = 1600
"""Longest side handed on; a larger picture is decoded down to it."""
MIN_SIDE_PX: Final = 16
"""Shortest side in which a face could be."""
FORMATS: Final = ("JPEG", "PNG", "WEBP")
"""By content; the name of a file and the claimed type do not count."""


def decode_image(data: bytes, *, at: float = 0.0, max_bytes: int = MAX_BYTES, max_side_px: int = MAX_SIDE_PX) -> Frame:
    """Decode a JPEG, PNG or WebP picture, upright (EXIF orientation applied), its metadata dropped.

    Returns RGB pixels, uint8 (h, w, 3), with no side above ``max_side_px``. Raises ``ImageTooLarge`` for more than
    ``max_bytes`` or 24 megapixels and ``NotAnImage`` for anything else that does not decode whole.

    >>> decode_image(b"not a picture")
    Traceback (most recent call last):
    moodmirror.errors.NotAnImage: This is not a JPEG, PNG or WebP picture. Give one of these.
    """
    if len(data) > max_bytes:
        raise ImageTooLarge(
            f"{len(data) / 2**20:.1f} MiB; the limit is {max_bytes / 2**20:g} MiB. Send a smaller or more compressed picture."
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures by its own measure; ours is checked right after the header is read.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return Frame(_upright_rgb(image, max_side_px), at)
    except UnidentifiedImageError as error:
        raise NotAnImage("This is not a JPEG, PNG or WebP picture. Give one of these.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The picture is far over the limit of {MAX_PIXELS // 10**6} MP. Resize it.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise NotAnImage(f"The picture is damaged or cut short ({error}). Save or send it again.") from error


def read_image(path: Path) -> Frame:
    """Decode a picture file; raises ``InputError`` when the file cannot be opened, else as :func:`decode_image`."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ImageTooLarge(
                f"{path} has {size / 2**20:.1f} MiB; the limit is {MAX_BYTES / 2**20:g} MiB. Resize it."
            )
        return decode_image(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened: {error.strerror or error}. Check the name and its permissions."
        ) from error


def frame_from_array(array: NDArray[np.uint8], *, at: float = 0.0) -> Frame:
    """Take pixels that are decoded already: uint8, grey (h, w), RGB (h, w, 3) or RGBA (h, w, 4).

    Raises ``NotAnImage`` for another shape or dtype and ``ImageTooLarge`` over 24 megapixels.
    """
    if array.dtype != np.uint8 or array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {3, 4}):
        raise NotAnImage(
            f"an array of {array.dtype} {array.shape} is not a picture. Give uint8 (h, w), (h, w, 3) or (h, w, 4), RGB."
        )
    _check_size(array.shape[1], array.shape[0])
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    return Frame(np.ascontiguousarray(array[:, :, :3]), at)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(f"{width * height / 1e6:.0f} MP; the limit is {MAX_PIXELS // 10**6} MP. Resize it.")
    if min(width, height) < MIN_SIDE_PX:
        raise NotAnImage(f"{width}x{height} pixels are too few to show a face. Give at least {MIN_SIDE_PX} a side.")


def _upright_rgb(image: Image.Image, max_side_px: int) -> NDArray[np.uint8]:
    _check_size(*image.size)
    if image.format == "JPEG" and max(image.size) > max_side_px:
        # The JPEG decoder shrinks by 2, 4 or 8 as it decodes: a 12 MP photo costs a quarter of the time and memory.
        image.draft("RGB", (max_side_px, max_side_px))
    if max(image.size) > max_side_px:
        image.thumbnail((max_side_px, max_side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    else:
        image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        # See-through parts become white, as a browser shows them, not the arbitrary colour stored beneath.
        rgba = upright.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        upright = Image.alpha_composite(white, rgba)
    return np.asarray(upright.convert("RGB"), np.uint8)
