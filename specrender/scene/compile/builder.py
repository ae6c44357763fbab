"""Turns anything a scene says about spectra and textures into texture ids.

What it is built on: the pools themselves (`pools`), spectra as records (`spectrum_tables`, `projection`) and the
meaning of what a scene writes (`scene_spectra`).
"""

from __future__ import annotations

import numpy as np

from specrender.color import rgb_to_xyz, xyz_to_rgb
from specrender.kernel.texture import layout
from specrender.scene import description as d
from specrender.scene.compile.scene_spectra import host_spectrum, refractive_index
from specrender.scene.compile.spectrum_tables import SpectrumTables
from specrender.scene.compile.textures import pack_texture
from specrender.spectra.spectrum import Spectrum, luminance
from specrender.spectra.uplift import reflectance_coefficients, unbounded_coefficients


class TableBuilder(SpectrumTables):
    """Growing tables of one scene in one mode.

    Parameters
    ----------
    scene : the description.
    mode : "spectral" or "rgb".
    rgb_space : gamut token of the rendering space in rgb mode.
    wavelength_range : (min, max) in nm that a path may carry.
    """

    def __init__(self, scene: d.Scene, mode: str, rgb_space: str, wavelength_range=(360.0, 830.0)):
        super().__init__(mode, rgb_space, wavelength_range)
        self.scene = scene
        #: (texture id, struct, role) of the mesh attributes that are used.
        self.attribute_textures: list[tuple[int, d.MeshAttribute, str]] = []

    # ---------------------------------------------------------------- what a scene says -> spectra

    def host_spectrum(self, spec: d.Spectrum, role: str, node: d.Node) -> Spectrum:
        """`scene_spectra.host_spectrum` in this scene."""
        return host_spectrum(self.scene, spec, role, node)

    def index(self, ior: d.Ior, node: d.Node):
        """`scene_spectra.refractive_index` in this scene."""
        return refractive_index(self.scene, ior, node)

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
