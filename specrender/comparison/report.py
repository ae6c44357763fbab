"""report.html, report.json and the files beside them."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import secrets
import tempfile
from pathlib import Path

import numpy as np

from specrender.comparison import files, pages
from specrender.comparison.files import Frame, map_stem
from specrender.errors import InputError, SpecrenderError
from specrender.files import filling, reason, write_text

#: A PNG file of more bytes goes into the page as JPEG of quality 92.
HEAVY_BYTES = 2_000_000

#: Version of the layout of `report.json`; it changes when a name in it changes or goes.
JSON_VERSION = 1


def checked_folder(folder: str | os.PathLike) -> Path:
    """A folder that can be written to, made if its parent exists; InputError otherwise."""
    path = Path(folder)
    try:
        path.mkdir(exist_ok=True)
    except FileNotFoundError as error:  # also where the system makes no folders, such as /proc
        why = reason(error) if path.parent.exists() else f"'{path.parent}' does not exist"
        raise InputError(f"cannot make the folder '{path}': {why}") from None
    except FileExistsError:
        raise InputError(f"cannot write to '{path}': it is a file, and a folder is needed") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot make the folder '{path}': {reason(error)}") from None
    probe = path / f".specrender-{secrets.token_hex(6)}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"cannot write to '{path}': {reason(error)}") from None
    return path


def write_report(comparison, folder: str | os.PathLike, command: str | None = None) -> list[Path]:
    """Write a comparison of a scene: `Comparison.write`.  All files appear, or none."""
    with _complete(folder) as (part, written):
        written += _scene_files(comparison, part, command)
    return written


def _scene_files(comparison, folder: Path, command: str | None) -> list[Path]:
    from specrender.writing import write

    film = comparison.spectral
    frame = Frame((film.width, film.height), film.crop)
    written = []
    for stem, one in (("spectral", film), *((f"rgb-{space}", rgb) for space, rgb in comparison.rgb.items())):
        path = folder / f"{stem}.exr"
        write(one, path, variance=True, pixel_type="float")
        written.append(path)
    pictures = {"spectral": files.picture_codes(film.mean_xyz(), comparison.viewing)}
    for space, rgb in comparison.rgb.items():
        pictures[f"rgb-{space}"] = files.picture_codes(rgb.mean_xyz(), comparison.viewing)
    for lamp, modes in comparison.relit.items():
        for mode, xyz in modes.items():
            stem = "spectral" if mode == "spectral" else f"rgb-{mode}"
            pictures[f"{stem}-under-{lamp}"] = files.picture_codes(xyz, comparison.viewing)
    maps = {}
    for space, findings in comparison.findings.items():
        header = {"specrender:rgbSpace": space, "specrender:scene": comparison.scene.name}
        written.append(files.save_layers(findings, folder / f"difference-{space}.exr", frame, header))
        maps[space] = files.heat_maps(findings)
    written += _write_pictures(folder, frame, pictures, maps)
    page = pages.scene_page(comparison, Embedder(folder, frame, pictures, maps), maps, command)
    return written + _write_texts(folder, comparison.numbers | {"command": command}, page)


def write_image_report(comparison, folder: str | os.PathLike, command: str | None = None) -> list[Path]:
    """Write a comparison of two finished images: `ImageComparison.write`.  All files appear, or none."""
    with _complete(folder) as (part, written):
        written += _image_files(comparison, part, command)
    return written


def _image_files(comparison, folder: Path, command: str | None) -> list[Path]:
    frame = Frame(comparison.size, comparison.window)
    findings = comparison.findings
    pictures = {
        "first": files.picture_codes(findings.first, comparison.viewing),
        "second": files.picture_codes(findings.second, comparison.viewing),
    }
    written = [files.save_layers(findings, folder / "difference.exr", frame, {})]
    maps = {"": files.heat_maps(findings)}
    written += _write_pictures(folder, frame, pictures, maps)
    page = pages.image_page(comparison, Embedder(folder, frame, pictures, maps), maps, command)
    return written + _write_texts(folder, comparison.numbers | {"command": command}, page)


@contextlib.contextmanager
def _complete(folder):
    """Context of (folder to write to, list of what was written), moved to `folder` and named so at the end."""
    folder, written = checked_folder(folder), []
    part = folder
    try:
        with filling(folder) as part:
            yield part, written
    except OSError as error:
        raise SpecrenderError(f"cannot write to '{folder}': {reason(error)}") from error
    except SpecrenderError as error:
        raise type(error)(str(error).replace(str(part), str(folder))) from error
    written[:] = [folder / path.name for path in written]


def _write_pictures(folder, frame, pictures, maps) -> list[Path]:
    written = [files.save_pixels(pixels, folder / f"{stem}.png", frame) for stem, pixels in pictures.items()]
    for space, drawn in maps.items():
        written += [files.save_pixels(one.pixels, folder / f"{map_stem(one.name, space)}.png", frame) for one in drawn]
    return written


def _write_texts(folder, numbers, page) -> list[Path]:
    text = json.dumps(plain({"format": JSON_VERSION, **numbers}), indent=1, allow_nan=False)
    contents = {folder / "report.json": text + "\n", folder / "report.html": page}
    for path, content in contents.items():
        write_text(path, content)
    return list(contents)


class Embedder:
    """Pictures as data URIs: the PNG files that were written, or JPEG for those that would make the page heavy."""

    def __init__(self, folder: Path, frame: Frame, pictures: dict[str, np.ndarray], maps: dict[str, list]):
        self._folder, self._frame = folder, frame
        self._pixels = dict(pictures)
        for space, drawn in maps.items():
            self._pixels |= {map_stem(one.name, space): one.pixels for one in drawn}
        self.size = frame.size
        self.window = frame.window

    def __call__(self, stem: str) -> str:
        """The data URI of a picture by the name of its file without extension."""
        path = self._folder / f"{stem}.png"
        data, kind = path.read_bytes(), "png"
        if len(data) > HEAVY_BYTES:
            with tempfile.TemporaryDirectory() as folder:
                path = files.save_pixels(self._pixels[stem], Path(folder) / "picture.jpg", self._frame)
                data, kind = path.read_bytes(), "jpeg"
        return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"

    def is_small(self) -> bool:
        """Whether pixels are to be seen as squares when the picture is enlarged."""
        x0, _, x1, _ = self.window
        return x1 - x0 < 400


def plain(value):
    """Numbers as JSON knows them: NumPy's as Python's, and None for what is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(inner) for inner in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value
