"""The same scene under other lamps: which colours match under one and part under another (metamerism).

`relit` gives every light the spectrum of one illuminant and leaves it the luminance it has.  Each picture is taken
to D65 from the white of its illuminant by CAT16, as an eye that has adapted sees it, before colours are compared.

Pairs are looked for among blocks of pixels of one part of the picture (noise is smaller in blocks): two blocks of
different parts *match* under an illuminant if their CIEDE2000 is below 1, and *part* under another if it is above
2.3 there.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from specrender.color import D65, adaptation_matrix, xyz_to_xy
from specrender.comparison import metrics
from specrender.comparison.batches import Ends, Renders, Variant
from specrender.comparison.metrics import CLEAR, VISIBLE, Viewing
from specrender.comparison.statistics import GROUPS
from specrender.errors import InputError
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Spectrum, integrate_xyz, luminance

#: Edge of a block [pixels]; blocks in all; pairs that are told one by one.
BLOCK = 4
MOST_BLOCKS = 1500
TOLD_PAIRS = 8

#: Blocks darker than this share of white are left out: there everything matches.
LEAST_LUMINANCE = 0.02

SPECTRUM_FIELDS = ("radiance", "color", "irradiance")


def illuminant(name: str) -> Spectrum:
    """The spectrum of an illuminant by name; InputError if there is none or it is black."""
    spectrum = catalogue.named(name)
    if not luminance(spectrum) > 0.0:
        raise InputError(f"'{name}' has no luminance: it cannot be an illuminant")
    return spectrum


def relit(scene: d.Scene, name: str) -> d.Scene:
    """A copy of a scene in which every light has the spectrum `name` and the luminance it had.

    Raises
    ------
    InputError : there is no such illuminant.
    SceneError : a light whose colour is an image (an environment map, a texture) or a sky has no one spectrum to
        replace.
    """
    illuminant(name)
    builder = TableBuilder(scene, "spectral", "srgb", (scene.wavelengths.lambda_min, scene.wavelengths.lambda_max))
    new = copy.copy(scene)
    new.lights = [_relit_light(light, name, scene, builder) for light in scene.lights]
    new.shapes = []
    for shape in scene.shapes:
        if getattr(shape, "emitter", None) is not None:
            emitter = _relit_light(shape.emitter, name, scene, builder)
            shape = copy.copy(shape)
            shape.emitter = emitter
        new.shapes.append(shape)
    return new


def _relit_light(light, name, scene, builder):
    field = next((field for field in SPECTRUM_FIELDS if hasattr(light, field)), None)
    if field is None:
        what = "spectra of its own for each direction" if isinstance(light, d.SunSky) else "an image instead"
        kind = light.__struct_config__.tag
        message = f"--relight replaces spectra, and the light '{kind}' has {what}; put a constant light in its place"
        raise d.fail(light, message)
    spec = getattr(light, field)
    resolved = spec
    while isinstance(resolved, str) and resolved in scene.spectra:
        resolved = scene.spectra[resolved]
    if isinstance(resolved, d.SpectrumSpec) and resolved.texture is not None:
        raise d.fail(light, "--relight replaces spectra, and this light has a texture instead")
    role = "emission" if not isinstance(resolved, d.SpectrumSpec) or resolved.white else "unbounded"
    # a colour that the compiler scales to luminance 1 has it already
    scaled = light.normalize and not isinstance(spec, (int, float))
    power = 1.0 if scaled else luminance(builder.host_spectrum(spec, role, light))
    if light.units == "W":
        raise d.fail(light, "--relight keeps what the eye sees, and this light is given in watts; give lm instead")
    if light.units != "radiometric":  # photometric: `intensity` is luminance, whatever the spectrum
        power = 1.0
    new = copy.copy(light)
    new.__dict__.update(light.__dict__)
    setattr(new, field, name)
    new.normalize, new.intensity = True, light.intensity * power
    return new


def adapted(xyz: np.ndarray, name: str) -> np.ndarray:
    """(..., 3) XYZ as seen by an eye adapted to an illuminant, relative to D65."""
    white = tuple(float(v) for v in xyz_to_xy(integrate_xyz(illuminant(name))))
    return xyz @ adaptation_matrix(white, D65, "cat16").T


# ---------------------------------------------------------------- pairs


@dataclass
class Blocks:
    """Blocks of pixels that lie in one part of the picture.

    Parameters
    ----------
    place : (n, 2) x, y of the middle in the full image.
    part : (n,) index of the part.
    colours : illuminant -> (n, 3) XYZ, adapted to D65.
    noise : illuminant -> (n,) standard error of a colour as CIEDE2000.
    """

    place: np.ndarray
    part: np.ndarray
    colours: dict[str, np.ndarray]
    noise: dict[str, np.ndarray]


def blocks_of(masks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, columns, parts) of blocks that lie wholly in one part, at most `MOST_BLOCKS`, evenly taken."""
    labels = np.full(masks[0].shape, -1)
    for index, mask in enumerate(masks):
        labels[mask] = index
    h, w = labels.shape[0] // BLOCK, labels.shape[1] // BLOCK
    tiles = labels[: h * BLOCK, : w * BLOCK].reshape(h, BLOCK, w, BLOCK).swapaxes(1, 2).reshape(h, w, -1)
    whole = (tiles == tiles[..., :1]).all(axis=-1) & (tiles[..., 0] >= 0)
    rows, columns = np.nonzero(whole)
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_BLOCKS)).astype(int)) if len(rows) else rows
    return rows[chosen], columns[chosen], tiles[rows[chosen], columns[chosen], 0]


def block_means(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(n, c) means of the blocks of a (h, w, c) picture."""
    h, w = picture.shape[0] // BLOCK, picture.shape[1] // BLOCK
    tiles = picture[: h * BLOCK, : w * BLOCK].reshape(h, BLOCK, w, BLOCK, -1).mean(axis=(1, 3))
    return tiles[rows, columns]


def metameric_pairs(blocks: Blocks, names: list[str], part_names: list[str], viewing: Viewing) -> dict:
    """Pairs of blocks that match under one illuminant and part under another.

    Returns
    -------
    matches : illuminant -> number of pairs of different parts that match.
    parted : "MATCH -> OTHER" -> share of those that part under the other.
    pairs : the pairs of parts of the picture that part most: names, places, and the difference under every illuminant.
    """
    n = len(blocks.part)
    i, j = np.triu_indices(n, 1)
    different = blocks.part[i] != blocks.part[j]
    i, j = i[different], j[different]
    delta, sure = {}, {}
    for name in names:
        lit = blocks.colours[name]
        delta[name] = metrics.ciede2000(lit[i], lit[j], viewing)
        # two standard errors of both blocks: less is noise
        sure[name] = 2.0 * np.hypot(blocks.noise[name][i], blocks.noise[name][j])
    result = {"blocks": n, "matches": {}, "parted": {}, "pairs": []}
    best: dict[tuple[int, int], tuple[float, int, str, str]] = {}
    for name in names:
        match = (delta[name] < VISIBLE) & (sure[name] < VISIBLE)
        result["matches"][name] = int(match.sum())
        for other in names:
            if other == name:
                continue
            parted = match & (delta[other] - sure[other] > CLEAR)
            result["parted"][f"{name} -> {other}"] = float(parted.sum() / match.sum()) if match.any() else None
            for k in np.flatnonzero(parted)[np.argsort(-delta[other][parted])][:2000]:
                key = (min(blocks.part[i[k]], blocks.part[j[k]]), max(blocks.part[i[k]], blocks.part[j[k]]))
                gain = float(delta[other][k] - delta[name][k])
                if key not in best or gain > best[key][0]:
                    best[key] = (gain, int(k), name, other)
    for _, k, name, other in sorted(best.values(), key=lambda entry: -entry[0])[:TOLD_PAIRS]:
        result["pairs"].append({
            "first": part_names[blocks.part[i[k]]],
            "second": part_names[blocks.part[j[k]]],
            "first_xy": blocks.place[i[k]].tolist(),
            "second_xy": blocks.place[j[k]].tolist(),
            "match_under": name,
            "part_under": other,
            "delta_e_2000": {lamp: float(delta[lamp][k]) for lamp in names},
        })  # fmt: skip
    return result


# ---------------------------------------------------------------- renders


@dataclass
class Relit:
    """The renders under one illuminant: pictures for files, and what is kept for the search for pairs."""

    name: str
    renders: Renders


def render_relit(
    scene: d.Scene,
    names: list[str],
    spaces: tuple[str, ...],
    threads: int | None,
    seed: int,
    samples: int,
    labels: np.ndarray,
    job,
) -> list[Relit]:
    """Spectral and RGB renders under each illuminant, with common random numbers throughout."""
    result = []
    for name in names:
        lit = relit(scene, name)
        spectral = Variant(lit, None, threads)
        renders = Renders(spectral, {space: Variant(lit, space, threads) for space in spaces}, seed, labels)
        renders.run(Ends(samples=samples), job)
        if renders.interrupted:
            break
        result.append(Relit(name, renders))
    return result


def assess_relit(
    lit: list[Relit], masks: dict[str, np.ndarray], crop, viewing: Viewing, spaces: tuple[str, ...]
) -> dict:
    """Metamerism of the spectral renders, and of each RGB render for comparison; differences under each illuminant."""
    names = [entry.name for entry in lit]
    labels = [name for name in masks]
    rows, columns, part = blocks_of(list(masks.values()))
    place = np.stack([columns * BLOCK + BLOCK // 2 + crop[0], rows * BLOCK + BLOCK // 2 + crop[1]], axis=-1)
    result = {"illuminants": names, "difference": {}, "modes": {}}
    for space in spaces:
        result["difference"][space] = {}
        for entry in lit:
            one, two = (entry.renders.groups[key].mean() for key in (None, space))
            delta_e = metrics.ciede2000(adapted(one, entry.name), adapted(two, entry.name), viewing)
            result["difference"][space][entry.name] = metrics.distribution(delta_e, (VISIBLE, CLEAR))
    for mode in (None, *spaces):
        colours, noise = {}, {}
        for entry in lit:
            groups = entry.renders.groups[mode]
            each = np.stack([
                block_means(adapted(groups.sums[g] / groups.counts[g], entry.name), rows, columns) for g in
                range(GROUPS)
            ])  # fmt: skip
            colours[entry.name] = each.mean(axis=0)
            error = each.std(axis=0, ddof=1) / np.sqrt(GROUPS)
            noise[entry.name] = metrics.ciede2000(colours[entry.name], colours[entry.name] + error, viewing)
        bright = np.ones(len(part), bool)
        for lamp in colours.values():
            bright &= viewing.scaled(lamp)[:, 1] > LEAST_LUMINANCE
        blocks = Blocks(
            place[bright],
            part[bright],
            {name: colour[bright] for name, colour in colours.items()},
            {name: value[bright] for name, value in noise.items()},
        )
        result["modes"]["spectral" if mode is None else mode] = metameric_pairs(blocks, names, labels, viewing)
    return result
