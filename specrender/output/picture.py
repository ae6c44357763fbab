"""Picture: an image as a file will hold it, encoded but not yet written; and its atomic writing by OpenImageIO."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from specrender.errors import SpecrenderError
from specrender.files import named_as_text, reason, replacing, why_full
from specrender.film.film import Film
from specrender.image_files import library_error


@dataclass
class Picture:
    """Pixels and header of one image file.

    Parameters
    ----------
    pixels : (h, w, c) float32, uint8 or uint16, top row first.
    channels : c names, in the order of the last axis.
    formats : c OpenImageIO type names ("half", "float", "uint8", "uint16"); pixels are converted on writing.
    attributes : name -> str, int, float, or (OpenImageIO type name, value); None values are left out.
    window : (x0, y0, x1, y1), where the pixels lie in the full image; ends exclusive.
    size : (width, height) of the full image.
    nonfinite : number of colours or data values that were NaN and became 0.
    clamped : number of values beyond the range of the pixel type that became its largest value.
    outside : share of pixels whose colour the gamut does not hold; None where that has no meaning.
    stops, brightest : exposure of a display file, and how bright it is there (see `Written`); None of others.
    """

    pixels: np.ndarray
    channels: tuple[str, ...]
    formats: tuple[str, ...]
    attributes: dict[str, object]
    window: tuple[int, int, int, int]
    size: tuple[int, int]
    nonfinite: int = 0
    clamped: int = 0
    outside: float | None = None
    stops: float | None = None
    brightest: float | None = None


@dataclass
class Layers:
    """A growing stack of named channels, cleaned for the pixel type each is written in."""

    film: Film
    planes: list[np.ndarray] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    nonfinite: int = 0
    clamped: int = 0
    outside: float | None = None

    def add(self, values: np.ndarray, channels: tuple[str, ...], pixel_type: str = "float", clean: bool = True) -> None:
        """Append (h, w, c) values under c names.

        Values beyond the range of `pixel_type` become its largest (never infinity, which spreads through every filter
        of a compositing program); NaN becomes 0.  Both are counted.  `clean=False` keeps infinities with a meaning.
        """
        values = values.reshape(*self.film.shape, len(channels))
        if clean:
            values, nonfinite, clamped = cleaned(
                values, np.finfo(np.float16 if pixel_type == "half" else np.float32).max
            )
            self.nonfinite += nonfinite
            self.clamped += clamped
        self.planes.append(values.astype(np.float32))
        self.channels += channels
        self.formats += [pixel_type] * len(channels)

    def add_colour(
        self,
        responses: np.ndarray,
        matrix: np.ndarray,
        channels: tuple[str, ...],
        pixel_type: str,
        change: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        """Append (h, w, 3) responses of the film's observer under three names, taken to a gamut by a (3, 3) matrix.

        They are cleaned as by `add`; `change` does something to the colours of the gamut before.
        """
        responses, nonfinite = finite_colour(responses)
        self.nonfinite += nonfinite
        colours = responses @ matrix.T
        self.add(colours if change is None else change(colours), channels, pixel_type)

    def picture(self, attributes: dict[str, object]) -> Picture:
        """All layers as one image."""
        return Picture(
            pixels=np.concatenate(self.planes, axis=2),
            channels=tuple(self.channels),
            formats=tuple(self.formats),
            attributes=attributes,
            window=self.film.crop,
            size=(self.film.width, self.film.height),
            nonfinite=self.nonfinite,
            clamped=self.clamped,
            outside=self.outside,
        )


def cleaned(values: np.ndarray, limit: float) -> tuple[np.ndarray, int, int]:
    """Values within [-limit, limit], NaN as 0; with the number of NaN and of clamped values."""
    limit = float(limit)
    nan = np.isnan(values)
    beyond = np.abs(values) > limit
    nonfinite, clamped = int(np.count_nonzero(nan)), int(np.count_nonzero(beyond))
    if nonfinite or clamped:
        values = np.clip(np.where(nan, 0.0, values), -limit, limit)
    return values, nonfinite, clamped


def finite_colour(xyz: np.ndarray) -> tuple[np.ndarray, int]:
    """Colours fit for a matrix: with a NaN in any component black, infinite ones huge; and the number of the former.

    Left alone, one infinite component times a zero in the matrix would be NaN.  1e300 is beyond every pixel type, so
    that it is clamped and counted later, and three of them do not overflow.
    """
    nan = np.isnan(xyz).any(axis=-1, keepdims=True)
    return np.clip(np.where(nan, 0.0, xyz), -1e300, 1e300), int(np.count_nonzero(nan))


def metadata_attributes(film: Film) -> dict[str, object]:
    """The metadata of a film as file attributes: `Software` as all formats have it, the rest as `specrender:key`."""
    metadata = {"software": "specrender", "spp": film.sample_count, **film.metadata}
    software, version = metadata.pop("software"), metadata.pop("version", None)
    attributes: dict[str, object] = {"Software": f"{software} {version}" if version else str(software)}
    attributes |= {f"specrender:{key}": value for key, value in metadata.items()}
    return attributes


def save(picture: Picture, path: str | os.PathLike) -> None:
    """Write a picture so that `path` is either the complete new file or what it was before.

    The file is written under a temporary name in the same folder, then renamed.  The extension picks the format.

    Raises
    ------
    SpecrenderError : the file could not be written, and why; the temporary file is gone.
    """
    save_bands([picture], picture.window, path)


def save_bands(bands: Iterable[Picture], window: tuple[int, int, int, int], path: str | os.PathLike) -> None:
    """`save` for a picture that comes in bands of rows, top first, so that it need not be in memory as a whole.

    Parameters
    ----------
    bands : at least one; channels and header are those of the first.
    window : (x0, y0, x1, y1) of all bands together.
    """
    try:
        with replacing(path) as temporary:
            with named_as_text(temporary) as name:
                problem = _encode(iter(bands), window, Path(name))
            if problem:
                # image libraries tell that writing failed ("Failed OpenEXR write"), and seldom why
                problem = why_full(temporary) or problem.replace(name, str(path))
                raise SpecrenderError(f"cannot write '{path}': {problem}")
    except OSError as error:
        raise SpecrenderError(f"cannot write '{path}': {reason(error)}") from error


def _reserve(path: Path, size: int) -> None:
    """Write that many zeros, which the real file then replaces; OSError when they do not fit.

    libjpeg ends the whole process when a write fails (seen with OpenImageIO 3.2.2), so try before it does.
    """
    with open(path, "wb") as file:
        for _ in range(0, size, 1 << 20):
            file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())


def _encode(bands: Iterator[Picture], window: tuple[int, int, int, int], path: Path) -> str | None:
    """Write a file by OpenImageIO; returns what went wrong, one line, or None."""
    import OpenImageIO as oiio

    picture = next(bands)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        _reserve(path, picture.pixels.size + (1 << 16))
    channels = picture.pixels.shape[2]
    spec = oiio.ImageSpec(window[2] - window[0], window[3] - window[1], channels, picture.formats[0])
    spec.channelnames = picture.channels
    if len(set(picture.formats)) > 1:
        spec.channelformats = picture.formats
    if "A" in picture.channels:
        spec.alpha_channel = picture.channels.index("A")
    spec.x, spec.y = window[:2]
    spec.full_x, spec.full_y = 0, 0
    spec.full_width, spec.full_height = picture.size
    for name, value in picture.attributes.items():
        _set_attribute(oiio, spec, name, value)
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        return library_error(oiio)
    done = output.open(str(path), spec)
    if picture.window == window:
        done = done and output.write_image(np.ascontiguousarray(picture.pixels))
    else:
        while done and picture is not None:
            _, first, _, last = picture.window
            done = output.write_scanlines(first, last, 0, np.ascontiguousarray(picture.pixels))
            picture = next(bands, None)
    problem = library_error(output)
    closed = output.close()
    problem = problem or library_error(output)
    # PNG reports success on a full disk (OpenImageIO 3.2.2) and only its message tells; EXR and JPEG XL, whose ends are
    # written on closing, tell nothing at all.
    if done and closed and not problem and not _has_end(oiio, path):
        problem = "the file could not be written to its end"
    return None if done and closed and not problem else problem or "unknown error"


def _has_end(oiio, path: Path) -> bool:
    """Whether the last row of a file can be read."""
    image = oiio.ImageInput.open(str(path))
    if image is None:
        oiio.geterror()
        return False
    spec = image.spec()
    bottom = spec.y + spec.height
    row = image.read_scanlines(0, 0, bottom - 1, bottom, 0, 0, spec.nchannels, spec.format)
    problem = image.geterror()
    image.close()
    return row is not None and not problem


def _set_attribute(oiio, spec, name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, tuple):
        spec.attribute(name, oiio.TypeDesc(value[0]), value[1])
    elif isinstance(value, bool | int | np.integer) and abs(int(value)) < 2**31:  # files hold 32-bit integers
        spec.attribute(name, int(value))
    elif isinstance(value, float | np.floating):
        spec.attribute(name, float(value))
    else:
        spec.attribute(name, str(value))
