"""Reading images back: named channels and attributes, of our files and anyone's."""

import os
from dataclasses import dataclass

import numpy as np

from specrender.errors import InputError
from specrender.image_files import read_pixels


@dataclass(frozen=True)
class Image:
    """An image as its file holds it; nothing is decoded or converted in colour.

    Parameters
    ----------
    channels : name -> (h, w) float32, top row first; integers are scaled to [0, 1].
    attributes : name -> value, all of the header.
    window : (x0, y0, x1, y1) of the pixels in the full image; ends exclusive.
    size : (width, height) of the full image.
    formats : name -> OpenImageIO type name in the file ("half", "float", "uint8", ...).
    path : the file, for messages.
    """

    channels: dict[str, np.ndarray]
    attributes: dict[str, object]
    window: tuple[int, int, int, int]
    size: tuple[int, int]
    formats: dict[str, str]
    path: str

    def stacked(self, *names: str) -> np.ndarray:
        """(h, w, n) float32 of n channels; InputError naming what there is when one is missing."""
        for name in names:
            if name not in self.channels:
                raise InputError(f"'{self.path}' has no channel '{name}'; it has: {', '.join(self.channels)}")
        return np.stack([self.channels[name] for name in names], axis=-1)


def read_image(path: str | os.PathLike) -> Image:
    """Read the first part of an image file of any format OpenImageIO knows.

    Raises
    ------
    InputError : the file is missing, no image, or damaged.
    """
    spec, pixels = read_pixels(path)
    return Image(
        channels={name: np.ascontiguousarray(pixels[..., i]) for i, name in enumerate(spec.channelnames)},
        attributes={attribute.name: attribute.value for attribute in spec.extra_attribs},
        window=(spec.x, spec.y, spec.x + spec.width, spec.y + spec.height),
        size=(spec.full_width, spec.full_height),
        formats={name: str(spec.channelformat(i)) for i, name in enumerate(spec.channelnames)},
        path=str(path),
    )
