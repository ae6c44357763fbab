"""Output: from a film to image files, and back from files to channels."""

from specrender.output.developing import develop
from specrender.output.options import OutputOptions
from specrender.output.read import Image, read_image
from specrender.output.write import FILM_EXTENSIONS, FORMATS, Written, check_output, wants_spectral, write_image

__all__ = [
    "FILM_EXTENSIONS",
    "FORMATS",
    "Image",
    "OutputOptions",
    "Written",
    "check_output",
    "develop",
    "read_image",
    "wants_spectral",
    "write_image",
]
