"""Collects what the kernel's tables hold: pooled values, spectra and textures, transforms.

`TableBuilder` turns anything a scene says about a spectrum into a texture id, by the meaning of the mode: wavelengths
(spectral), or R, G, B of the rendering space (rgb) by the projection rule of `project`.
"""

from __future__ import annotations

import numpy as np

from specrender.color import rgb_to_xyz, xyz_to_rgb
from specrender.errors import SpecrenderError
from specrender.kernel.texture import layout
from specrender.scene import description as d
from specrender.scene.compile.textures import pack_texture
from specrender.spectra import catalogue, files, refraction
from specrender.spectra.spectrum import (
    Blackbody,
    Scaled,
    Sigmoid,
    Spectrum,
    Tabulated,
    Uniform,
    integrate_xyz,
    luminance,
)
from specrender.spectra.uplift import (
    coefficients_to_rgb,
    reflectance_coefficients,
    unbounded_coefficients,
    uplift_emission,
    uplift_reflectance,
    uplift_unbounded,
    white_spectrum,
)

#: Where a dispersive index has one value (RGB mode): the helium d line [nm].
HELIUM_D_NM = 587.5618

UPLIFT = {"reflectance": uplift_reflectance, "unbounded": uplift_unbounded, "emission": uplift_emission}


class TableBuilder:
    """Growing tables of one scene in one mode.

    Parameters
    ----------
    scene : the description.
    mode : "spectral" or "rgb".
    rgb_space : gamut token of the rendering space in rgb mode.
    wavelength_range : (min, max) in nm that a path may carry.
    """

    def __init__(self, scene: d.Scene, mode: str, rgb_space: str, wavelength_range=(360.0, 830.0)):
        self.scene = scene
        self.mode = mode
        self.rgb_space = rgb_space
        self.set_range(wavelength_range)
        self.textures: list[np.void] = []
        self.transforms: list[np.ndarray] = []
        self._transform_blocks: list[np.ndarray] = []
        self._chunks: list[np.ndarray] = []
        self._value_count = 0
        self._ids: dict = {}
        #: (texture id, struct, role) of the mesh attributes that are used.
        self.attribute_textures: list[tuple[int, d.MeshAttribute, str]] = []

    def set_range(self, wavelength_range: tuple[float, float]) -> None:
        """Which wavelengths [nm] tables that are made from now on must cover."""
        self.grid_nm = np.arange(np.floor(wavelength_range[0]), np.ceil(wavelength_range[1]) + 0.5)

    # ---------------------------------------------------------------- pools

    def values(self, array) -> int:
        """Put float32 numbers into the pool; returns the offset of the first, a multiple of 4."""
        flat = np.ascontiguousarray(array, np.float32).ravel()
        offset = self._value_count
        padding = -len(flat) % 4
        self._chunks.append(flat)
        if padding:
            self._chunks.append(np.zeros(padding, np.float32))
        self._value_count += len(flat) + padding
        return offset

    def pooled_values(self) -> np.ndarray:
        """All values, one float32 array."""
        return np.concatenate(self._chunks) if self._chunks else np.zeros(4, np.float32)

    def transform(self, matrix: np.ndarray) -> int:
        """Put a to_world matrix and its inverse into the pool; returns the index of the first."""
        assert not self._transform_blocks, "single transforms come before blocks"
        index = len(self.transforms)
        self.transforms += [matrix, np.linalg.inv(matrix)]
        return index

    def transform_block(self, columns: np.ndarray) -> int:
        """Put many matrices into the pool, (2 k, 4 columns, 4 lanes) float32: each to_world, then its inverse.

        Returns the index of the first.  No single `transform` can be added afterwards.
        """
        index = len(self.transforms) + sum(len(block) for block in self._transform_blocks)
        self._transform_blocks.append(columns)
        return index

    def pooled_transforms(self) -> np.ndarray:
        """(n, 4 columns, 4 lanes) float32; the bottom row is dropped (lane 3 is 0)."""
        columns = np.stack(self.transforms).transpose(0, 2, 1).copy()
        columns[:, :, 3] = 0.0
        return np.concatenate([columns.astype(np.float32), *self._transform_blocks])

    def texture(self, **fields) -> int:
        """Add a record of the kernel's texture table; returns its id."""
        record = np.zeros(1, layout.DTYPE)
        record["illuminant"] = record["child0"] = record["child1"] = -1
        record["scale"] = 1.0
        record["uv_xx"] = record["uv_yy"] = 1.0
        for name, value in fields.items():
            record[name] = value
        self.textures.append(record[0])
        return len(self.textures) - 1

    def _once(self, key, make) -> int:
        """The id made for `key` before, or by `make` now."""
        if key not in self._ids:
            self._ids[key] = make()
        return self._ids[key]

    def mean(self, texture_id: int) -> float:
        """Rough average value of a texture, for sampling weights."""
        return float(self.textures[texture_id]["mean"])

    # ---------------------------------------------------------------- what a scene says -> spectra

    def host_spectrum(self, spec: d.Spectrum, role: str, node: d.Node) -> Spectrum:
        """The function of wavelength that a spectrum (not a texture) of the scene stands for.

        role : "reflectance" (rgb is bounded), "unbounded", or "emission" (rgb is times D65).
        """
        if isinstance(spec, (int, float)):
            return Uniform(float(spec))
        if isinstance(spec, str):
            if spec in self.scene.spectra:
                return self.host_spectrum(self.scene.spectra[spec], role, node)
            return self.located(catalogue.named, node, spec)
        place = spec if d.where(spec) else node
        if spec.rgb is not None:
            base = self.located(UPLIFT[role], place, spec.rgb, spec.space)
        elif spec.blackbody is not None:
            base = self.located(Blackbody, place, spec.blackbody)
        elif spec.name is not None:
            base = self.host_spectrum(spec.name, role, place)
        elif spec.file is not None:
            base = self.located(files.read_spectrum, place, spec.file, spec.extrapolate)
        else:
            base = self.located(Tabulated, place, spec.wavelengths, spec.values, spec.extrapolate)
        return base if spec.scale == 1.0 else Scaled(base, spec.scale)

    @staticmethod
    def located(function, node, *args):
        """Call `function`; what it complains about is told with the place of `node`."""
        try:
            return function(*args)
        except SpecrenderError as error:
            raise d.fail(node, str(error)) from None

    def metal(self, name: str, node: d.Node) -> tuple[Spectrum, Spectrum]:
        """(eta, k) of a metal by name."""
        return self.located(catalogue.metal, node, name)

    def index(self, ior: d.Ior, node: d.Node):
        """The refractive index a scene gives, as a callable of wavelength [nm]."""
        if isinstance(ior, (int, float)):
            return self.located(refraction.ConstantIndex, node, float(ior))
        if isinstance(ior, str):
            if ior in self.scene.spectra:
                return self.host_spectrum(self.scene.spectra[ior], "unbounded", node)
            try:
                return catalogue.glass(ior)
            except SpecrenderError as error:
                if ior.lower() in catalogue.names("ior"):
                    return refraction.ConstantIndex(catalogue.scalar_ior(ior))
                raise d.fail(node, str(error)) from None
        if ior.cauchy is not None:
            return self.located(refraction.Cauchy, node, *ior.cauchy)
        if ior.sellmeier is not None:
            return self.located(refraction.Sellmeier, node, *ior.sellmeier)
        if ior.file is not None:
            table = self.located(files.read_spectrum, node, ior.file, "hold")
            return self.located(refraction.TabulatedIndex, node, table.wavelengths, table.values)
        return self.located(refraction.TabulatedIndex, node, ior.wavelengths, ior.values)

    # ---------------------------------------------------------------- spectra -> tables

    def spectral(self, spec: d.Spectrum, role: str = "reflectance", node: d.Node | None = None) -> int:
        """Texture id of any spectrum or spectral texture of the scene, in the given role."""
        node = node if node is not None else (spec if isinstance(spec, d.Node) else self.scene)
        if isinstance(spec, d.SpectrumSpec) and spec.texture is not None:
            if spec.scale != 1.0:
                place = spec if d.where(spec) else node
                raise d.fail(place, "scale works with a texture in the colour of a light only")
            return self.named_texture(spec.texture, role, node)
        return self._constant(spec, self.host_spectrum(spec, role, node), role)

    def _constant(self, spec: d.Spectrum, spectrum: Spectrum, role: str) -> int:
        """Texture id of what a scene says and of the spectrum made of it.

        In rgb mode a colour that is given as RGB is not taken through its spectrum, but by matrix as the texels of
        images are: what a spectrum cannot be, or its white, plays no part.
        """
        scale = 1.0
        while isinstance(spec, (str, d.SpectrumSpec)):
            if isinstance(spec, d.SpectrumSpec):
                scale *= spec.scale
                if spec.rgb is not None:
                    break
            spec = self.scene.spectra.get(spec if isinstance(spec, str) else spec.name)
        if self.mode != "rgb" or not isinstance(spec, d.SpectrumSpec):
            return self.spectrum(spectrum, role)
        rgb = self.converted(np.array(spec.rgb), spec.space)
        if role != "emission":
            rgb = np.clip(rgb, 0.0, 1.0 if role == "reflectance" else np.inf)
        return self._once(("rgb", *rgb, scale), lambda: self.rgb(scale * rgb))

    def converted(self, colours: np.ndarray, space: str) -> np.ndarray:
        """(..., 3) linear colours of a space in the rendering space of rgb mode."""
        return colours @ (xyz_to_rgb(self.rgb_space) @ rgb_to_xyz(space)).T

    def spectrum(self, spectrum: Spectrum, role: str = "reflectance", factor: float = 1.0) -> int:
        """Texture id of a host spectrum times `factor`."""
        while isinstance(spectrum, Scaled):
            spectrum, factor = spectrum.spectrum, factor * spectrum.factor
        key = (spectrum, role, factor)
        if self.mode == "rgb":
            return self._once(key, lambda: self.rgb(project(spectrum, role, self.rgb_space) * factor))
        return self._once(key, lambda: self._spectral_record(spectrum, factor))

    def rgb(self, rgb) -> int:
        """RGB mode: texture id of a constant colour of the rendering space."""
        r, g, b = (float(c) for c in rgb)
        return self.texture(kind=layout.RGB, value0=r, value1=g, value2=b, mean=(r + g + b) / 3.0)

    def _spectral_record(self, spectrum: Spectrum, factor: float) -> int:
        if isinstance(spectrum, Uniform):
            value = spectrum.value * factor
            return self.texture(kind=layout.UNIFORM, scale=value, mean=value)
        if isinstance(spectrum, Sigmoid):
            c0, c1, c2 = (float(c) for c in spectrum.coefficients)
            illuminant = -1
            if spectrum.illuminant is not None:
                illuminant = self.spectrum(spectrum.illuminant, "emission")
                if self.textures[illuminant]["kind"] != layout.GRID:
                    illuminant = self._table(self.grid_nm, spectrum.illuminant(self.grid_nm), layout.HOLD)
            return self.texture(
                kind=layout.SIGMOID,
                value0=c0,
                value1=c1,
                value2=c2,
                scale=spectrum.scale * factor,
                illuminant=illuminant,
                mean=factor * self._mean_of(spectrum),
            )
        if isinstance(spectrum, Tabulated):
            flags = layout.HOLD if spectrum.extrapolate == "hold" else 0
            return self._table(spectrum.wavelengths, spectrum.values * factor, flags)
        return self._table(self.grid_nm, spectrum(self.grid_nm) * factor, layout.HOLD)

    def _mean_of(self, spectrum) -> float:
        return float(np.mean(spectrum(self.grid_nm)))

    def _table(self, wavelengths, values, flags: int) -> int:
        """GRID where every sample is a whole nm, REGULAR where they are at equal steps, else IRREGULAR."""
        wavelengths, values = np.asarray(wavelengths, np.float64), np.asarray(values, np.float64)
        if len(wavelengths) == 1:
            if flags & layout.HOLD:
                return self.texture(kind=layout.UNIFORM, scale=values[0], mean=values[0])
            wavelengths, values = np.append(wavelengths, wavelengths[0] + 1e-3), np.append(values, values[0])
        steps = np.diff(wavelengths)
        mean = float(np.mean(np.interp(self.grid_nm, wavelengths, values)))
        if np.allclose(wavelengths, np.round(wavelengths), rtol=0.0, atol=1e-9):
            # the scene's table of 1 nm has the same straight lines
            first, last = self.grid_nm[0], self.grid_nm[-1]
            if wavelengths[0] <= first and wavelengths[-1] >= last:
                flags |= layout.HOLD
            on_grid = np.interp(self.grid_nm, wavelengths, values)
            offset = self.values(np.append(on_grid, on_grid[-1]))
            return self.texture(
                kind=layout.GRID,
                flags=flags,
                offset=offset,
                start=first,
                lowest=wavelengths[0],
                highest=wavelengths[-1],
                mean=mean,
            )
        if np.ptp(steps) <= 1e-6 * steps[0]:
            step = (wavelengths[-1] - wavelengths[0]) / (len(wavelengths) - 1)
            return self.texture(
                kind=layout.REGULAR,
                flags=flags,
                offset=self.values(np.append(values, values[-1])),
                count=len(values),
                start=wavelengths[0],
                inv_step=1.0 / step,
                mean=mean,
            )
        offset = self.values(np.concatenate([wavelengths, values]))
        return self.texture(kind=layout.IRREGULAR, flags=flags, offset=offset, count=len(values), mean=mean)

    def spectrum_table(self, function, role: str = "unbounded") -> int:
        """Texture id of a host function of nm, tabulated at 1 nm; RGB mode: its value at 587.6 nm in all lanes."""
        if self.mode == "rgb":
            value = float(function(np.array([HELIUM_D_NM]))[0])
            return self.texture(kind=layout.UNIFORM, scale=value, mean=value)
        return self._table(self.grid_nm, function(self.grid_nm), layout.HOLD)

    def one(self) -> int:
        """Texture id of 1 in all lanes."""
        return self.scalar(1.0)

    def white(self) -> int:
        """Texture id of D65 with Y = 1; RGB mode: the white of the rendering space."""
        return self.spectrum(white_spectrum("srgb"), "emission")

    # ---------------------------------------------------------------- emission

    def emission(self, light: d.Light, spec: d.Spectrum, node: d.Node) -> tuple[int, float]:
        """(texture id, factor) of a light's colour with its intensity, exposure and normalisation."""
        factor = light.intensity * 2.0**light.exposure
        role = "emission" if not isinstance(spec, d.SpectrumSpec) or spec.white else "unbounded"
        is_texture = isinstance(spec, d.SpectrumSpec) and spec.texture is not None
        if is_texture:
            return self.named_texture(spec.texture, role, node), factor * spec.scale
        spectrum = self.host_spectrum(spec, role, node)
        if light.normalize and not isinstance(spec, (int, float)):
            y = luminance(spectrum)
            if not y > 0.0:
                raise d.fail(node, "a light whose colour has luminance 0 cannot be scaled to luminance 1")
            factor /= y
        return self._constant(spec, spectrum, "emission"), factor

    # ---------------------------------------------------------------- textures

    def scalar(self, value: d.FloatTexture, node: d.Node | None = None) -> int:
        """Texture id of a scalar parameter."""
        if isinstance(value, d.TextureRef):
            return self.named_texture(value.texture, "scalar", node or value)
        value = float(value)
        return self._once(("scalar", value), lambda: self.texture(kind=layout.UNIFORM, scale=value, mean=value))

    def vector(self, value: d.TextureRef | d.Vec3, node: d.Node) -> int:
        """Texture id of three numbers that are no colour: their lanes are the same at all wavelengths."""
        if isinstance(value, d.TextureRef):
            return self.named_texture(value.texture, "raw", node)
        return self._once(("vector", *value), lambda: self.rgb(value))

    def named_texture(self, name: str, role: str, node: d.Node) -> int:
        """Texture id of an entry of `[textures]` in a role (those of `spectral`, "scalar" or "raw")."""
        texture = self.scene.textures.get(name)
        if texture is None:
            raise d.fail(node, f"there is no texture '{name}'")
        return self._once(("texture", name, role), lambda: pack_texture(texture, role, self))

    def texels(self, pixels: np.ndarray, space: str, role: str) -> tuple[np.ndarray, int]:
        """((h, w, 4) float32, flags): sigmoid coefficients and scale of each pixel, or its RGB in rgb mode.

        pixels : (h, w, 3) linear colours of `space`.  role : as in `spectral`, or "raw" for the numbers themselves.
        """
        if role == "raw":
            coefficients, scale, flags = pixels, 0.0, layout.RGB_TEXELS
        elif self.mode == "rgb":
            colours = self.converted(pixels, space)
            upper = 1.0 if role == "reflectance" else np.inf
            coefficients, scale, flags = np.clip(colours, 0.0, upper), 0.0, layout.RGB_TEXELS
        elif role == "reflectance":
            coefficients, scale, flags = reflectance_coefficients(pixels, space), 1.0, 0
        else:
            (coefficients, scale), flags = unbounded_coefficients(pixels, space), 0
        texels = np.empty((*pixels.shape[:2], 4), np.float32)
        texels[..., :3] = coefficients
        texels[..., 3] = scale
        return texels, flags


def project(spectrum: Spectrum, role: str, rgb_space: str) -> np.ndarray:
    """(3,) RGB of a spectrum in the rendering space of rgb mode.

    Emitters as they are; others are weighted by D65, reflectances clamped to [0, 1] and unbounded ones to [0, inf).
    A uniform emitter v becomes v times the RGB of XYZ = (1, 1, 1); a uniform reflectance v is v.  Colours that the
    scene gives as RGB come back as given.
    """
    matrix = xyz_to_rgb(rgb_space)
    if role == "emission":
        return matrix @ integrate_xyz(spectrum)
    if role == "unweighted":  # what Mitsuba does with the indices of its named metals
        return np.clip(matrix @ integrate_xyz(spectrum), 0.0, np.inf)
    if isinstance(spectrum, Uniform):
        return np.full(3, spectrum.value)
    if isinstance(spectrum, Sigmoid) and rgb_space in ("srgb", "rec709"):
        rgb = spectrum.scale * coefficients_to_rgb(spectrum.coefficients, rgb_space)
    else:
        white = white_spectrum("srgb")
        grid = np.arange(360.0, 830.5)
        product = Tabulated(grid, spectrum(grid) * white(grid))
        rgb = matrix @ integrate_xyz(product)
    return np.clip(rgb, 0.0, 1.0 if role == "reflectance" else np.inf)


