"""Pictures by their pixels, not by their bytes. The one module that touches Pillow."""

from __future__ import annotations

import base64
import io
import warnings
from typing import Any

from PIL import Image, ImageChops

FORMATS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})


def difference(first: str, second: str) -> tuple[str, str] | None:
    """Return in words what differs between two pictures, for each; None where every pixel is the same.

    Pictures that cannot be decoded are compared as they are.

    Args:
        first: base64 of a picture file.
        second: the same of the other.
    """
    if first == second:
        return None
    try:
        return _difference(_frames(first), _frames(second))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow raises for what it is given
        return f"{len(first)} characters", f"{len(second)} characters"


def _frames(data: str) -> list[Image.Image]:
    with warnings.catch_warnings(), Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        warnings.simplefilter("ignore")  # many pixels are no reason to warn here
        frames = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frames.append(picture.convert("RGBA"))
        return frames


def _difference(first: list[Image.Image], second: list[Image.Image]) -> tuple[str, str] | None:
    sizes = [_size(frames) for frames in (first, second)]
    if sizes[0] != sizes[1]:
        return sizes[0], sizes[1]
    for one, other in zip(first, second, strict=True):
        found = ImageChops.difference(one, other)
        box = found.getbbox(alpha_only=False)
        if box:
            left, top, right, bottom = box
            extremes: Any = found.getextrema()
            most = max(high for _, high in extremes)
            where = f"{right - left}x{bottom - top} pixels at {left}, {top}, by up to {most} of 255"
            return f"{sizes[0]}", f"{sizes[1]}, other {where}"
    return None


def _size(frames: list[Image.Image]) -> str:
    more = f", {len(frames)} frames" if len(frames) > 1 else ""
    return f"{frames[0].width}x{frames[0].height}{more}"
