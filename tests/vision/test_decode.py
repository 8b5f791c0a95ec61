from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from moodmirror.errors import ImageTooLarge, InputError, MoodMirrorError, NotAnImage
from moodmirror.vision.decode import MAX_BYTES, MAX_SIDE_PX, decode_image, frame_from_array, read_image


def encoded(width: int = 64, height: int = 48, kind: str = "PNG", **options: object) -> bytes:
    rows = np.linspace(0, 255, width * height * 3).astype(np.uint8).reshape(height, width, 3)
    buffer = io.BytesIO()
    Image.fromarray(rows).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_decode_to_rgb(kind: str) -> None:
    frame = decode_image(encoded(kind=kind), at=2.5)
    assert (frame.width, frame.height, frame.at) == (64, 48, 2.5)
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.shape == (48, 64, 3)


def test_the_content_decides_and_not_another_format() -> None:
    with pytest.raises(NotAnImage, match="JPEG, PNG or WebP"):
        decode_image(encoded(kind="GIF"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_named_as_damaged(kind: str, share: float) -> None:
    data = encoded(256, 256, kind)
    with pytest.raises(NotAnImage):
        decode_image(data[: int(len(data) * share)])


def test_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    frame = decode_image(buffer.getvalue())
    assert (frame.width, frame.height) == (20, 40)


def test_see_through_parts_become_white() -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    assert (decode_image(buffer.getvalue()).pixels == 255).all()


def test_a_large_photo_comes_down_to_the_side_limit() -> None:
    frame = decode_image(encoded(4000, 3000, "JPEG"))
    assert max(frame.width, frame.height) <= MAX_SIDE_PX
    assert abs(frame.width / frame.height - 4 / 3) < 0.01


def png_header_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 8000), (100_000, 100_000), (2**31 - 1, 1)])
def test_a_bomb_is_refused_from_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(MoodMirrorError):
        decode_image(png_header_claiming(*size))


def test_over_24_megapixels_says_the_limit() -> None:
    with pytest.raises(ImageTooLarge, match=r"64 MP; the limit is 24 MP"):
        decode_image(png_header_claiming(8000, 8000))


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(ImageTooLarge, match="10 MiB"):
        decode_image(bytes(MAX_BYTES + 1))


def test_a_picture_too_small_for_a_face_is_named() -> None:
    with pytest.raises(NotAnImage, match="too few"):
        decode_image(encoded(8, 8))


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 "]),
)
def test_rubbish_never_raises_anything_but_our_errors(body: bytes, magic: bytes) -> None:
    with pytest.raises(InputError):
        decode_image(magic + body)


def test_arrays_are_taken_grey_rgb_and_rgba() -> None:
    for shape in [(30, 40), (30, 40, 3), (30, 40, 4)]:
        assert frame_from_array(np.zeros(shape, np.uint8)).pixels.shape == (30, 40, 3)


@pytest.mark.parametrize(
    "array", [np.zeros((30, 40), np.float32), np.zeros((30, 40, 2), np.uint8), np.zeros(9, np.uint8)]
)
def test_another_array_says_what_to_give(array: np.ndarray) -> None:
    with pytest.raises(NotAnImage, match="Give uint8"):
        frame_from_array(array)


def test_a_missing_file_is_an_input_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.jpg"):
        read_image(tmp_path / "nowhere.jpg")
