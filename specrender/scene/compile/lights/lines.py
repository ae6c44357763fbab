"""What lamps the density of wavelengths has to know: their spectra, and how much each one counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from specrender.kernel.light import layout
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry
from specrender.spectra.spectrum import Tabulated

#: Most spectra with lines that are told apart; the faintest of more count as smooth.
MOST_SPECTRA = 64


@dataclass(frozen=True)
class Lamp:
    """What shines with one spectrum.

    spectrum : None if it is smooth: a black body, a colour, the sky.
    weight : the root of its irradiance somewhere in the scene, roughly: a faint lamp may be all that a corner gets.
    """

    spectrum: Tabulated | None
    weight: float


def lamps_of(lights: list[np.void], geometry: Geometry, sphere: tuple, builder: TableBuilder) -> list[Lamp]:
    """The lamps of a scene, the brightest first, those without lines as one; none in rgb mode, without wavelengths.

    sphere : (centre, radius) of the sphere around the scene.
    """
    if builder.mode == "rgb":
        return []
    irradiance = defaultdict(float)
    for light in lights:
        spectra = _tables(_colour(light), builder)
        for spectrum in spectra:
            irradiance[spectrum] += _irradiance(light, geometry, sphere, builder) / len(spectra)
    smooth = irradiance.pop(None, 0.0)
    ranked = sorted(irradiance.items(), key=lambda item: -item[1])
    smooth += sum(value for _, value in ranked[MOST_SPECTRA:])
    lamps = [Lamp(spectrum, float(np.sqrt(value))) for spectrum, value in ranked[:MOST_SPECTRA]]
    return [*lamps, Lamp(None, float(np.sqrt(smooth)))]


def _colour(light: np.void) -> int:
    """Texture id of what a light's lines are in, or -1."""
    if light["kind"] == layout.SUNSKY:
        return -1
    return int(light["texture"] if light["kind"] == layout.ENVMAP else light["color"])


def _tables(texture: int, builder: TableBuilder) -> list[Tabulated | None]:
    """The tables that the colours of a texture are made with, None for each that has none."""
    waiting, seen, tables = [texture], set(), []
    while waiting:
        part = waiting.pop()
        # a texture within textures may be met along exponentially many ways
        if part in seen:
            continue
        seen.add(part)
        inside = []
        if part >= 0 and part not in builder.tabulated:
            record = builder.textures[part]
            inside = [int(record[name]) for name in ("illuminant", "child0", "child1") if record[name] >= 0]
        waiting += inside
        if not inside:
            tables.append(builder.tabulated.get(part))
    return tables


def _irradiance(light: np.void, geometry: Geometry, sphere: tuple, builder: TableBuilder) -> float:
    """What a surface in the scene may get of a light, roughly."""
    centre, radius = sphere
    strength = builder.mean(int(light["color"])) * abs(float(light["scale"]))
    kind = light["kind"]
    if kind in (layout.POINT, layout.SPOT, layout.PROJECTOR, layout.IES):  # which may be far outside, as a sun
        place = builder.transforms[int(light["transform"])][:3, 3]
        radius = max(radius, float(np.linalg.norm(place - centre)))
    far = max(radius, 1e-30) ** 2
    if kind in (layout.AREA, layout.BEAM):
        return strength * float(geometry.records[int(light["shape"])]["area"]) / far
    if kind == layout.DIRECTIONAL:
        return strength
    return strength * np.pi if kind >= layout.CONSTANT else strength / far
