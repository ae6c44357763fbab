"""Files of measured reflection [Dupuy2018] to the record and tables of the kernel's `measured`."""

from __future__ import annotations

import numpy as np

from specrender.color import xyz_to_rgb
from specrender.errors import InputError
from specrender.scene import description as d
from specrender.scene.compile.scene_spectra import located
from specrender.scene.readers.tensor_file import read_tensor_file
from specrender.spectra import wavelengths
from specrender.spectra.spectrum import sigmoid
from specrender.spectra.uplift import unbounded_coefficients, white_spectrum

#: Where spectra are tabulated that a file gives as RGB [nm]: smooth curves, which 10 nm resolve.
UPLIFT_GRID_NM = np.arange(360.0, 830.5, 10.0)


def pack_measured(node: d.Measured, builder) -> dict:
    """Fields of the record of `measured`; the file's tables go into the builder's values.

    A file with spectra serves rgb mode by their colours under D65, and one with RGB serves spectral mode by uplift.
    """
    fields = located(_read, node, node.filename)
    phi, theta = fields["phi_i"], fields["theta_i"]
    record = {
        "theta": builder.values(theta),
        "theta_count": len(theta),
        "phi": builder.values(phi),
        "phi_count": len(phi),
        "isotropic": len(phi) <= 2,
        "reduction": 1,
        "jacobian": int(fields["jacobian"][0] != 0),
    }
    if not record["isotropic"]:
        record["reduction"] = int(np.rint(2.0 * np.pi / (phi[-1] - phi[0])))
    for name in ("ndf", "sigma"):
        table = fields[name]
        record |= {name: builder.values(table), f"{name}_width": table.shape[1], f"{name}_height": table.shape[0]}
    for name in ("vndf", "luminance"):
        density, conditional, marginal = warp_tables(fields[name])
        record |= {
            name: builder.values(density),
            f"{name}_conditional": builder.values(conditional),
            f"{name}_marginal": builder.values(marginal),
        }
    record["vndf_height"], record["vndf_width"] = fields["vndf"].shape[2:]
    record["height"], record["width"] = fields["luminance"].shape[2:]
    channels, spectra = _channels(fields, builder)
    record |= {"channels": builder.values(channels), "channel_count": len(channels), "spectra": builder.values(spectra)}
    return record


def warp_tables(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `kernel.bsdf.measured_warp` inverts, for every slice.

    Parameters
    ----------
    table : (..., height, width) values of a bilinear function that is not negative.

    Returns
    -------
    density : the table, scaled so that the mean over the cells is 1 / (number of cells).
    conditional : (..., height, width) integral along each row from its start, in cells.
    marginal : (..., height) integral over the rows above.
    """
    table = table.astype(np.float64)
    conditional, marginal = np.zeros_like(table), np.zeros(table.shape[:-1])
    np.cumsum(0.5 * (table[..., :-1] + table[..., 1:]), axis=-1, out=conditional[..., 1:])
    rows = conditional[..., -1]
    np.cumsum(0.5 * (rows[..., :-1] + rows[..., 1:]), axis=-1, out=marginal[..., 1:])
    scale = 1.0 / np.maximum(marginal[..., -1:], np.finfo(np.float32).tiny)
    return tuple(
        part.astype(np.float32) for part in (table * scale[..., None], conditional * scale[..., None], marginal * scale)
    )


def _channels(fields, builder) -> tuple[np.ndarray, np.ndarray]:
    """(wavelengths [nm], spectra (phi, theta, wavelength, height, width)); in rgb mode no wavelengths and colours."""
    if builder.mode == "rgb":
        if "rgb" in fields:
            return np.zeros(0), np.moveaxis(builder.converted(np.moveaxis(fields["rgb"], 2, -1), "srgb"), -1, 2)
        weights = _rgb_weights(fields["wavelengths"], builder.rgb_space)
        return np.zeros(0), np.maximum(np.einsum("cw,ptwyx->ptcyx", weights, fields["spectra"]), 0.0)
    if "spectra" in fields:
        return fields["wavelengths"], fields["spectra"]
    colours = np.moveaxis(fields["rgb"], 2, -1)
    coefficients, scale = unbounded_coefficients(np.maximum(colours, 0.0).reshape(-1, 3), "srgb")
    values = [scale * sigmoid(np.polyval(coefficients.T, nm)) for nm in UPLIFT_GRID_NM]
    return UPLIFT_GRID_NM, np.moveaxis(np.stack(values, axis=-1).reshape(*colours.shape[:-1], -1), -1, 2)


def _rgb_weights(nm, space: str) -> np.ndarray:
    """(3, n) matrix from values at `nm`, linear between and held outside, to colours under D65."""
    grid = wavelengths.visible()
    basis = np.stack([np.interp(grid, nm, row) for row in np.eye(len(nm))])
    response = wavelengths.cmf() * white_spectrum("srgb")(grid)[:, None] / wavelengths.CIE_Y_INTEGRAL
    return xyz_to_rgb(space) @ (basis @ response).T


#: Array -> the dimensions it must have: names stand for extents that agree, numbers for themselves.
SHAPES = {
    "theta_i": ("theta",),
    "phi_i": ("phi",),
    "ndf": ("ndf_y", "ndf_x"),
    "sigma": ("sigma_y", "sigma_x"),
    "vndf": ("phi", "theta", "vndf_y", "vndf_x"),
    "luminance": ("phi", "theta", "size", "size"),
    "jacobian": (1,),
    "wavelengths": ("wavelength",),
    "spectra": ("phi", "theta", "wavelength", "size", "size"),
    "rgb": ("phi", "theta", 3, "size", "size"),
}


def _read(path) -> dict[str, np.ndarray]:
    """The arrays of a file of measured reflection, checked; float32 but for `jacobian`."""
    fields = read_tensor_file(path)
    needed = ["theta_i", "phi_i", "ndf", "sigma", "vndf", "luminance", "jacobian"]
    needed += ["wavelengths", "spectra"] if "wavelengths" in fields else ["rgb"]
    extents: dict[str, int] = {}
    for name in needed:
        if name not in fields:
            raise InputError(f"the file '{path}' has no array '{name}'; is it a measured material?")
        array = fields[name]
        if array.ndim != len(SHAPES[name]):
            raise InputError(f"the array '{name}' of '{path}' has {array.ndim} dimensions, not {len(SHAPES[name])}")
        for label, extent in zip(SHAPES[name], array.shape, strict=True):
            expected = label if isinstance(label, int) else extents.setdefault(label, extent)
            least = 2 if label not in ("theta", "phi", "wavelength", 1, 3) else 1
            if extent != expected or extent < least:
                raise InputError(f"the array '{name}' of '{path}' has an impossible shape {array.shape}")
        if name != "jacobian":
            fields[name] = array = array.astype(np.float32)
            if not np.isfinite(array).all():
                raise InputError(f"the array '{name}' of '{path}' has a number that is not finite")
            if name != "phi_i" and array.min() < 0.0:
                raise InputError(f"the array '{name}' of '{path}' has a number below 0")
        if name in ("theta_i", "phi_i", "wavelengths") and not (np.diff(array) > 0.0).all():
            raise InputError(f"the array '{name}' of '{path}' does not increase")
    for name in ("vndf", "luminance"):
        if not (fields[name].sum(axis=(2, 3)) > 0.0).all():
            raise InputError(f"the array '{name}' of '{path}' is 0 for one of its directions")
    return fields
