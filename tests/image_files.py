"""Images written by tests, with OpenImageIO alone."""

import numpy as np
import pytest


def write_image(path, pixels, names=None, kind=None, **attributes):
    """Write (h, w, channels) numbers; returns the name of the file as text.

    pixels : uint8 as they are, all else as float32.  kind : OpenImageIO's type in the file; without one, float32.
    names : those of the channels.  attributes : metadata of the file.
    """
    oiio = pytest.importorskip("OpenImageIO")
    kind = oiio.FLOAT if kind is None else kind
    pixels = np.asarray(pixels)
    pixels = np.ascontiguousarray(pixels, np.uint8 if pixels.dtype == np.uint8 else np.float32)
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, kind)
    if names is not None:
        spec.channelnames = list(names)
    for name, value in attributes.items():
        spec.attribute(name, *value) if isinstance(value, tuple) else spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(pixels) and output.close()
    return str(path)
