"""Functions of wavelength and constant colours as records of the kernel's texture table."""

from __future__ import annotations

import numpy as np

from specrender.kernel.texture import layout
from specrender.scene.compile.pools import Pools
from specrender.scene.compile.projection import project
from specrender.spectra.refraction import LINE_D_NM
from specrender.spectra.spectrum import Scaled, Sigmoid, Spectrum, Tabulated, Uniform, all_whole_nm, line_integral
from specrender.spectra.uplift import white_spectrum


class SpectrumTables(Pools):
    """Pools that take spectra, by the meaning of the mode.

    Parameters
    ----------
    mode : "spectral", where a spectrum becomes a table over wavelengths, or "rgb", where it becomes a colour of
        `rgb_space`, a gamut token.
    wavelength_range : (min, max) in nm that a path may carry.
    """

    def __init__(self, mode: str, rgb_space: str, wavelength_range=(360.0, 830.0)):
        super().__init__()
        self.mode = mode
        self.rgb_space = rgb_space
        #: Texture id -> the host's table that it is made of, up to a factor.
        self.tabulated: dict[int, Tabulated] = {}
        self.set_range(wavelength_range)

    def set_range(self, wavelength_range: tuple[float, float]) -> None:
        """Which wavelengths [nm] tables that are made from now on must cover."""
        self.range_nm = tuple(float(limit) for limit in wavelength_range)
        self.grid_nm = np.arange(np.floor(wavelength_range[0]), np.ceil(wavelength_range[1]) + 0.5)

    def spectrum(self, spectrum: Spectrum, role: str = "reflectance", factor: float = 1.0) -> int:
        """Texture id of a host spectrum times `factor`."""
        while isinstance(spectrum, Scaled):
            spectrum, factor = spectrum.spectrum, factor * spectrum.factor
        key = (spectrum, role, factor)
        if self.mode == "rgb":
            return self._once(key, lambda: self.rgb(project(spectrum, role, self.rgb_space) * factor))
        index = self._once(key, lambda: self._spectral_record(spectrum, factor))
        if isinstance(spectrum, Tabulated):
            self.tabulated[index] = spectrum
        return index

    def rgb(self, rgb) -> int:
        """RGB mode: texture id of a constant colour of the rendering space."""
        r, g, b = (float(c) for c in rgb)
        return self.texture(kind=layout.RGB, value0=r, value1=g, value2=b, mean=(abs(r) + abs(g) + abs(b)) / 3.0)

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
                mean=self.mean_of_line(self.grid_nm, spectrum(self.grid_nm) * factor, is_held=True),
            )
        if isinstance(spectrum, Tabulated):
            flags = layout.HOLD if spectrum.extrapolate == "hold" else 0
            return self._table(spectrum.wavelengths, spectrum.values * factor, flags)
        return self._table(self.grid_nm, spectrum(self.grid_nm) * factor, layout.HOLD)

    def integral(self, spectrum: Spectrum) -> float:
        """Integral of a host spectrum over the wavelengths that paths carry, as the kernel's table of it has it."""
        if isinstance(spectrum, Scaled):
            return spectrum.factor * self.integral(spectrum.spectrum)
        if isinstance(spectrum, Tabulated):
            is_held = spectrum.extrapolate == "hold"
            return line_integral(spectrum.wavelengths, spectrum.values, *self.range_nm, is_held)
        return line_integral(self.grid_nm, spectrum(self.grid_nm), *self.range_nm, True)

    def mean_of_line(self, wavelengths, values, is_held: bool) -> float:
        """Mean over the wavelengths that paths carry of the magnitude of straight lines between samples.

        Above 0 if any of the values that paths meet is not 0, however narrow: what has a mean of 0 is not sampled.
        """
        low, high = self.range_nm
        return line_integral(wavelengths, np.abs(values), low, high, is_held) / (high - low)

    def _table(self, wavelengths, values, flags: int) -> int:
        """GRID where every sample is a whole nm, REGULAR where they are at equal steps, else IRREGULAR."""
        wavelengths, values = np.asarray(wavelengths, np.float64), np.asarray(values, np.float64)
        if len(wavelengths) == 1:
            if flags & layout.HOLD:
                return self.texture(kind=layout.UNIFORM, scale=values[0], mean=values[0])
            wavelengths, values = np.append(wavelengths, wavelengths[0] + 1e-3), np.append(values, values[0])
        steps = np.diff(wavelengths)
        mean = self.mean_of_line(wavelengths, values, bool(flags & layout.HOLD))
        if all_whole_nm(wavelengths):
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

    def spectrum_table(self, function) -> int:
        """Texture id of a host function of nm, tabulated at 1 nm; RGB mode: its value at the d line in all lanes."""
        if self.mode == "rgb":
            value = float(function(np.array([LINE_D_NM]))[0])
            return self.texture(kind=layout.UNIFORM, scale=value, mean=value)
        return self._table(self.grid_nm, function(self.grid_nm), layout.HOLD)

    def one(self) -> int:
        """Texture id of 1 in all lanes."""
        return self.scalar(1.0)

    def white(self) -> int:
        """Texture id of D65 with Y = 1; RGB mode: the white of the rendering space."""
        return self.spectrum(white_spectrum("srgb"), "emission")
