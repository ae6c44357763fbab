"""The front door: a scene, rendered in wavelengths and in RGB, and what is found."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from specrender.color import gamut
from specrender.comparison import relight as relighting
from specrender.comparison.assess import NOISE_PIXELS, Findings, assess_pair
from specrender.comparison.batches import Ends, Renders, Variant
from specrender.comparison.causes import causes
from specrender.comparison.metrics import Viewing, ciede2000
from specrender.comparison.parts import assess_lights, labels_of, parts
from specrender.comparison.probes import checked_probes, picked_probes, probe
from specrender.comparison.statistics import GROUPS, HADAMARD, LEAST_BATCHES
from specrender.errors import InputError, SpecrenderError
from specrender.session import Session, integrator_chain

if TYPE_CHECKING:
    from specrender.driver import Job
    from specrender.film import Film
    from specrender.scene.description import Scene

#: A render that ends when the difference is resolved ends here at the latest, if no number of samples is given.
MOST_SAMPLES = 1 << 20

#: Share of the pixels in which noise alone must be below the target for a difference to count as resolved.
RESOLVED_SHARE = 95


@dataclass
class Comparison:
    """A scene rendered in both modes, and what was found.

    Parameters
    ----------
    scene : as it was rendered.
    spaces : gamuts of the RGB renders.
    spectral : film of the spectral render.
    rgb : space -> film.
    findings : space -> maps and numbers of RGB against spectral.
    masks : name of a part of the picture -> (h, w) mask.
    numbers : all that is written to `report.json`, without what only the command line knows.
    relit : illuminant -> mode ("spectral" or a space) -> (h, w, 3) XYZ, adapted to D65.
    """

    scene: Scene
    spaces: tuple[str, ...]
    viewing: Viewing
    spectral: Film
    rgb: dict[str, Film]
    findings: dict[str, Findings]
    masks: dict[str, np.ndarray]
    numbers: dict = field(default_factory=dict)
    relit: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    interrupted: bool = False

    def write(self, folder: str | os.PathLike, command: str | None = None) -> list[os.PathLike]:
        """Write report.html, report.json, and the pictures they are made of, into a folder; returns the files.

        Parameters
        ----------
        folder : made if it does not exist; files in it that have the names of ours are replaced.
        command : the command line that made the comparison, for the report.
        """
        from specrender.comparison.report import write_report

        return write_report(self, folder, command)


def compare(
    scene_or_path: Scene | str | os.PathLike,
    *,
    rgb_spaces: tuple[str, ...] | list[str] = ("srgb",),
    spp: int | None = None,
    time: float | None = None,
    resolve: float | None = None,
    probes: tuple[tuple[int, int], ...] | list[tuple[int, int]] = (),
    relight: tuple[str, ...] | list[str] = (),
    exposure: float = 0.0,
    reference_white: float = 203.0,
    camera: str | None = None,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
    seed: int | None = None,
    threads: int | None = None,
    dispersive: bool = False,
    defines: dict[str, str] | None = None,
    integrator: str | None = None,
    sampler: str | None = None,
    max_depth: int | None = None,
    job: Job | None = None,
    on_noise: Callable[[int, float], None] = lambda samples, level: None,
) -> Comparison:
    """Render a scene in wavelengths and in RGB, with the same random numbers, and find out what differs.

    Parameters
    ----------
    scene_or_path : a Scene, or the name of a scene file.
    rgb_spaces : gamuts in which RGB is rendered, each against the one spectral render.
    spp : samples per pixel of each render, at least 8; by default what the scene says.
    time : stop after about this many seconds of rendering all pictures (not counting probes, lights and relighting).
    resolve : stop when noise alone would make a CIEDE2000 below this in 95 % of the pixels.
    probes : (x, y) of pixels whose spectra are wanted, origin top left; without any, up to four are picked.
    relight : illuminants under which the scene is rendered, too, in search of metamers.
    exposure : stops; says which luminance is white (2^-exposure) for colour differences and pictures.
    reference_white : luminance of that white on the display, for Delta E ITP [cd/m^2].
    camera, size, crop, seed, threads, dispersive, defines, integrator, sampler, max_depth : as for `render`.
    job : a `driver.Job`, to watch the renders or to stop them from another thread.
    on_noise : with `resolve`, called now and then with the samples per pixel and what `resolve` is compared with.

    Returns
    -------
    Comparison

    Raises
    ------
    SceneError, InputError : in one line, what cannot be used and what can.
    SpecrenderError : stopped before there was enough to compare.
    """
    from specrender.driver import Job

    spaces = checked_spaces(rgb_spaces)
    viewing = checked_viewing(exposure, reference_white)
    for name in relight:
        relighting.illuminant(name)
    for what, value in (("time", time), ("resolve", resolve)):
        if value is not None and not (np.isfinite(value) and value > 0.0):
            raise InputError(f"{what} must be above 0, got {value}")
    overrides = {
        "camera": camera,
        "spp": spp,
        "size": size,
        "crop": crop,
        "seed": seed,
        "integrator": integrator,
        "sampler": sampler,
        "max_depth": max_depth,
    }
    session = Session(threads=threads, overrides=overrides)
    scene = session.read(scene_or_path, defines, dispersive)
    job = Job() if job is None else job
    seed = scene.sampler.seed
    for name in relight:
        relighting.relit(scene, name)

    spectral = Variant(scene, None, threads, layers=True)
    wanted_probes = checked_probes(probes, spectral.film)
    masks = parts(scene, spectral.shape_ids(seed))
    variants = {space: Variant(scene, space, threads) for space in spaces}
    renders = Renders(spectral, variants, seed, labels_of(masks))
    renders.run(_ends(scene, spp, time, resolve, spaces, viewing, on_noise), job)
    if renders.batches < LEAST_BATCHES:
        raise SpecrenderError(
            f"stopped after {renders.batches} of the {LEAST_BATCHES} batches that a comparison needs; nothing was "
            "written"
        )
    started = clock.perf_counter()
    rgb = {space: variant.film for space, variant in renders.rgb.items()}
    result = Comparison(scene, spaces, viewing, spectral.film, rgb, {}, masks, interrupted=renders.interrupted)
    by_part = {name: {"pixels": int(mask.sum()), "spaces": {}} for name, mask in masks.items()}
    for space in spaces:
        pair = renders.pairs[space]
        means = tuple(np.array(renders.part_means[key]) for key in (None, space))
        result.findings[space], numbers = assess_pair(
            pair, spectral.film.mean_xyz(), rgb[space].mean_xyz(), masks, means, viewing
        )
        for name in masks:
            by_part[name]["spaces"][space] = numbers[name]
    assessed = clock.perf_counter() - started
    # a stopped comparison still has its probes: they take a moment
    places = wanted_probes or picked_probes(result.findings[spaces[0]], masks, spectral.film.crop)
    probed = [probe(x, y, spectral, renders.rgb, seed, viewing) for x, y in places]
    lights = assess_lights(scene, spectral, renders.rgb, seed, renders.samples, viewing, job.stop)
    metamerism = None
    if relight and not renders.interrupted:
        lit = relighting.render_relit(
            scene, list(dict.fromkeys(relight)), spaces, threads, seed, renders.samples, renders.labels, job
        )
        if lit:
            metamerism = relighting.assess_relit(lit, masks, spectral.film.crop, viewing, spaces)
        for entry in lit:
            result.relit[entry.name] = {
                "spectral" if key is None else key: relighting.adapted(group.mean(), entry.name)
                for key, group in entry.renders.groups.items()
            }
        result.interrupted |= job.stop.is_set()
    result.numbers = {
        "scene": scene.name,
        "render": _render_numbers(scene, renders, spectral),
        "viewing": {"exposure": viewing.exposure, "reference_white_cdm2": viewing.reference_white},
        "spaces": {space: findings.numbers for space, findings in result.findings.items()},
        "parts": by_part,
        "lights": lights,
        "causes": causes(scene, spaces, viewing),
        "probes": probed,
        "probes_picked": not wanted_probes,
        "relight": metamerism,
        "seconds": {"render": renders.seconds, "assess": assessed, "with_probes_lights_and_relighting":
                    clock.perf_counter() - started},
    }  # fmt: skip
    return result


def checked_spaces(spaces) -> tuple[str, ...]:
    """Gamuts with red, green and blue, each once; InputError for others."""
    names = tuple(dict.fromkeys(gamut(name).name for name in spaces))
    if not names:
        raise InputError("compare needs at least one RGB space")
    if "xyz" in names:
        raise InputError("rgb mode needs a space with red, green and blue; xyz has none")
    return names


def checked_viewing(exposure: float, reference_white: float) -> Viewing:
    """How pictures are looked at; InputError for numbers that mean nothing."""
    if not np.isfinite(exposure) or abs(exposure) > 100:
        raise InputError(f"exposure must be a number of stops within -100 and 100, got {exposure}")
    if not (np.isfinite(reference_white) and 1.0 <= reference_white <= 10000.0):
        raise InputError(f"the reference white must be 1 to 10000 cd/m^2, got {reference_white}")
    return Viewing(float(exposure), float(reference_white))


def _ends(scene, spp, time, resolve, spaces, viewing, on_noise) -> Ends:
    """Samples that were asked for, or else those of the scene unless time or noise say when to stop."""
    samples = spp
    if spp is None:
        samples = scene.sampler.sample_count if time is None and resolve is None else None
        samples = MOST_SAMPLES if samples is None and time is None else samples
    resolved = None
    if resolve is not None:

        def resolved(renders):
            level = max(noise_level(renders.pairs[space], viewing) for space in spaces)
            on_noise(renders.samples, level)
            return level <= resolve

    return Ends(samples, time, resolved)


def noise_level(pair, viewing: Viewing) -> float:
    """CIEDE2000 that noise alone keeps below in 95 % of the pixels."""
    step = -(-pair.products.shape[0] * pair.products.shape[1] // NOISE_PIXELS)
    mean = pair.first.mean().reshape(-1, 3)[::step]
    nulls = [
        ciede2000(mean, mean + pair.noise_only(row).reshape(-1, 3)[::step], viewing) for row in range(len(HADAMARD))
    ]
    return float(np.percentile(np.sqrt(np.mean(np.square(nulls), axis=0)), RESOLVED_SHARE))


def _render_numbers(scene, renders, spectral) -> dict:
    film = spectral.film
    return {
        "size": [film.width, film.height],
        "crop": list(film.crop),
        "samples_per_pixel": renders.samples,
        "batches": renders.batches,
        "samples_per_batch": renders.samples_per_batch,
        "groups": GROUPS,
        "sampler": scene.sampler.__struct_config__.tag,
        "seed": renders.seed,
        "integrator": integrator_chain(spectral.scene.integrator),
        "version": film.metadata["version"],
        "interrupted": renders.interrupted,
        "render_seconds": {variant.space or "spectral": variant.render_seconds for variant in renders.variants},
        "non_finite_samples": {variant.space or "spectral": variant.non_finite for variant in renders.variants},
    }
