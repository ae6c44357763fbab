"""Who looks: standard observers, cone fundamentals and cameras, as three responses to wavelength.

A film is rendered, or developed from spectra, for one observer: it holds the three integrals of radiance times the
observer's functions, divided by the integral of the one that stands for brightness (`Observer.integral`), so that a
radiance of 1 at all wavelengths has Y = 1, or a luminance of 1 seen by cones, or G = 1 in a camera.

`Observer.to_xyz` takes these responses to what gamuts are made of, CIE 1931 XYZ relative to D65: what is white under
D65 for this observer becomes the D65 white.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from specrender.color import D65, adaptation_matrix, white_xyz
from specrender.errors import InputError, did_you_mean
from specrender.spectra import catalogue, files, store
from specrender.spectra.spectrum import Spectrum
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible

DEFAULT_OBSERVER = "cie1931-2"

#: Name -> what it is.  Kinds: "xyz" colour matching functions, "cones" fundamentals, "camera" sensitivities.
NAMES = {
    "cie1931-2": ("xyz", "CIE 1931 2 degree standard observer"),
    "cie1964-10": ("xyz", "CIE 1964 10 degree standard observer"),
    "cie2015-2": ("xyz", "CIE 2015 2 degree observer, from cone fundamentals"),
    "cie2015-10": ("xyz", "CIE 2015 10 degree observer, from cone fundamentals"),
    "cones-2": ("cones", "cone fundamentals of CIE 2006 for 2 degrees"),
    "cones-10": ("cones", "cone fundamentals of CIE 2006 for 10 degrees"),
    "nikon-5100": ("camera", "Nikon D5100, measured at NPL"),
    "sigma-sdmerill": ("camera", "Sigma SD Merrill, measured at NPL"),
}

CHANNELS = {"xyz": ("X", "Y", "Z"), "cones": ("L", "M", "S"), "camera": ("R", "G", "B")}

#: Cone fundamentals to the colour matching functions of the same field size, [CIE170-2].
CONES_TO_XYZ = {
    "cones-2": np.array([[1.94735469, -1.41445123, 0.36476327], [0.68990272, 0.34832189, 0.0], [0.0, 0.0, 1.93485343]]),
    "cones-10": np.array(
        [[1.93986443, -1.34664359, 0.43044935], [0.69283932, 0.34967567, 0.0], [0.0, 0.0, 2.14687945]]
    ),
}


@dataclass(frozen=True, eq=False)
class Observer:
    """Three functions of wavelength.

    Parameters
    ----------
    name : a key of `NAMES`, or the file of a camera.
    kind : "xyz", "cones" or "camera".
    functions : (471, 3) float64 on `wavelengths.visible`; 0 where nothing is known.
    integral : what responses are divided by [nm].
    """

    name: str
    kind: str
    functions: np.ndarray
    integral: float

    @property
    def channels(self) -> tuple[str, str, str]:
        """Names of the responses in files."""
        return CHANNELS[self.kind]

    def responses(self, spectrum: Spectrum) -> np.ndarray:
        """(3,) float64 responses to a spectrum: a sum over 360..830 nm in steps of 1 nm."""
        return spectrum(visible()) @ self.functions / self.integral

    @property
    def is_file(self) -> bool:
        """Whether it is a camera of somebody's own."""
        return self.name not in NAMES

    def bin_weights(self, edges_nm: np.ndarray) -> np.ndarray:
        """(n, 3): responses to a radiance of 1 within each bin and 0 outside; the functions are linear between 1 nm."""
        grid = visible()
        steps = 0.5 * (self.functions[1:] + self.functions[:-1])
        running = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
        edges = np.clip(edges_nm, grid[0], grid[-1])
        whole = np.minimum((edges - grid[0]).astype(int), len(grid) - 2)
        part = (edges - grid[0] - whole)[:, None]
        low, high = self.functions[whole], self.functions[whole + 1]
        integral = running[whole] + part * (low + 0.5 * part * (high - low))
        return np.diff(integral, axis=0) / self.integral

    def to_xyz(self, adapt: str = "bradford", illuminant: Spectrum | None = None) -> np.ndarray:
        """(3, 3) matrix from responses to CIE 1931 XYZ relative to D65.

        The identity for the CIE 1931 observer.  Other observers are adapted from what D65 is for them; cones come first
        to the XYZ of their own field size.  For cameras, see `camera_matrix`.

        Parameters
        ----------
        adapt : one of `color.ADAPTATIONS`; "none" leaves the white of other observers where it is.
        illuminant : for cameras: what white balance and matrix are made for; None is D65.
        """
        if self.kind == "camera":
            return camera_matrix(self, catalogue.named("D65") if illuminant is None else illuminant, adapt)
        if self.name == DEFAULT_OBSERVER:
            return np.eye(3)
        own = CONES_TO_XYZ.get(self.name, np.eye(3))
        x, y, z = own @ self.responses(catalogue.named("D65"))
        return adaptation_matrix((x / (x + y + z), y / (x + y + z)), D65, adapt) @ own


def observer(name: str | os.PathLike) -> Observer:
    """An observer or camera by name, or a camera from a text file of four columns: nm, red, green, blue.

    A file is read each time: it may have been edited meanwhile.

    Raises
    ------
    InputError : no such name; or the file cannot be used, and why.
    """
    name = os.fspath(name)
    if name in NAMES:
        return _known(name)
    if Path(name).suffix.lower() in (".csv", ".txt"):
        return _camera(name, files.read_columns(name, 4))
    hint = did_you_mean(str(name).lower(), NAMES)
    raise InputError(f"there is no observer or camera '{name}'{hint}; cameras can also be a .csv file: nm, R, G, B")


@cache
def _known(name: str) -> Observer:
    kind = NAMES[name][0]
    if kind == "camera":
        return _camera(name, store.array("cameras", name))
    functions = cmf() if name == DEFAULT_OBSERVER else store.array("observers", name)
    luminous = functions[:, 1] if kind == "xyz" else functions @ CONES_TO_XYZ[name][1]
    # the constant of the film, to its last digit
    integral = CIE_Y_INTEGRAL if name == DEFAULT_OBSERVER else float(luminous.sum())
    return Observer(name, kind, functions, integral)


def _camera(name: str, table: np.ndarray) -> Observer:
    grid = visible()
    functions = np.stack([np.interp(grid, table[:, 0], table[:, i], left=0.0, right=0.0) for i in (1, 2, 3)], axis=1)
    integral = functions.sum(axis=0)
    if not np.all(integral > 0):
        raise InputError(f"{name}: a camera needs a response within 360 and 830 nm in each of its three channels")
    return Observer(name, "camera", functions, float(integral[1]))


def camera_matrix(camera: Observer, illuminant: Spectrum, adapt: str = "bradford") -> np.ndarray:
    """(3, 3) matrix from raw responses to CIE 1931 XYZ relative to D65.

    The responses are balanced so that the illuminant has equal ones; then a matrix that keeps its white is fitted by
    least squares to the XYZ of the 24 ColorChecker patches under it, adapted from its white to D65.

    Parameters
    ----------
    camera : an observer of kind "camera".
    illuminant : of the scene; 0 somewhere is allowed, but not dark for a channel.
    adapt : adaptation of the white of the illuminant to D65; "none" fits absolute XYZ instead.

    Raises
    ------
    InputError : a channel sees nothing of the illuminant.
    """
    grid = visible()
    light = illuminant(grid)
    xyz_white = light @ cmf()
    raw_white = light @ camera.functions
    if not (np.all(raw_white > 0) and xyz_white[1] > 0):
        raise InputError(f"the camera '{camera.name}' cannot be balanced: a channel sees nothing of the illuminant")
    patches = np.stack([catalogue.named(name)(grid) for name in catalogue.names("patch")])
    raw = patches * light @ camera.functions / raw_white
    white = tuple(xyz_white[:2] / xyz_white.sum())
    target_white = white_xyz(white if adapt == "none" else D65)
    xyz = patches * light @ cmf() / xyz_white[1] @ adaptation_matrix(white, D65, adapt).T
    # With M (1, 1, 1) = white, column 2 is white - column 0 - column 1: fit the differences to it.
    columns, *_ = np.linalg.lstsq(raw[:, :2] - raw[:, 2:], xyz - raw[:, 2:] * target_white, rcond=None)
    matrix = np.column_stack([*columns, target_white - columns.sum(axis=0)])
    # raw / raw_white, where responses are divided by the integral of G; Y of the illuminant stays what it is
    return matrix * (camera.integral / raw_white) * (xyz_white[1] / observer(DEFAULT_OBSERVER).integral)
