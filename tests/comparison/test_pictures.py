"""Pictures are compared by what is seen."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from nb2ops.comparison.pictures import difference


def picture(size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new("RGB", size, "white")


def base64_of(*frames: Image.Image, form: str = "PNG", **options) -> str:
    file = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "duration": 40} if len(frames) > 1 else {}
    frames[0].save(file, form, **more, **options)
    return base64.encodebytes(file.getvalue()).decode()


def dotted(x: int, y: int) -> Image.Image:
    found = picture()
    found.paste("red", (x, y, x + 3, y + 2))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (base64_of(picture(), compress_level=0), base64_of(picture(), compress_level=9)),
        (base64_of(picture()), base64_of(picture().convert("RGBA"))),
        (base64_of(picture()), base64_of(picture().quantize(2))),
        (base64_of(picture()), base64_of(picture()).replace("\n", "")),
        (base64_of(picture(), form="JPEG"), base64_of(picture(), form="JPEG", optimize=True)),
        (base64_of(picture(), dotted(1, 1), form="GIF"), base64_of(picture(), dotted(1, 1), form="GIF", comment=b"x")),
    ],
)
def test_the_same_pixels_are_the_same_picture(one, other):
    assert one != other
    assert difference(one, other) is None


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (picture(), dotted(5, 7), ("40x30", "40x30, other 3x2 pixels at 5, 7, by up to 255 of 255")),
        (
            picture(),
            Image.new("RGB", (40, 30), (255, 254, 252)),
            ("40x30", "40x30, other 40x30 pixels at 0, 0, by up to 3 of 255"),
        ),
        (picture(), picture(size=(40, 31)), ("40x30", "40x31")),
        (
            picture(),
            picture().convert("RGBA").rotate(45),
            ("40x30", "40x30, other 40x30 pixels at 0, 0, by up to 255 of 255"),
        ),
    ],
)
def test_other_pixels_are_said_where(one, other, words):
    assert difference(base64_of(one), base64_of(other)) == words


def test_every_frame_of_an_animation_counts():
    one, other = (base64_of(picture(), dotted(1, 1), dotted(x, 9), form="GIF") for x in (3, 20))
    assert difference(one, other) == (
        "40x30, 3 frames",
        "40x30, 3 frames, other 20x2 pixels at 3, 9, by up to 255 of 255",
    )
    assert difference(one, base64_of(picture(), dotted(1, 1), form="GIF")) == ("40x30, 3 frames", "40x30, 2 frames")


def test_what_is_no_picture_is_compared_as_it_is():
    broken = base64.b64encode(b"no picture").decode()
    assert difference(broken, broken) is None
    assert difference(broken, base64_of(picture())) is not None
    assert difference("%", broken) is not None
