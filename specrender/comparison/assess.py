"""From two renders to findings: maps, significance, statistics for the picture and its parts, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from specrender.comparison import metrics
from specrender.comparison.metrics import CLEAR, VISIBLE, Viewing
from specrender.comparison.statistics import (
    FALSE_DISCOVERY_RATE,
    GROUPS,
    HADAMARD,
    Pair,
    confidence_factor,
    discoveries,
    jackknife,
    mean_p_value,
    p_values,
    with_interval,
)

#: Pixels for which noise-only pictures and the jackknife are evaluated; of larger pictures every k-th pixel is taken.
#: 15 evaluations of CIEDE2000 for so many take about a second.
NOISE_PIXELS = 150_000

#: Chance that any part of a picture without differences is said to differ in its mean colour [1].
PART_LEVEL = 0.01

#: So many marked pixels, or this share of all, are no finding as long as no part differs in its mean: one picture in
#: twenty without any difference has some.
FEW_PIXELS, FEW_SHARE = 3, 1e-4


@dataclass
class Findings:
    """What is found for one pair of pictures.

    Parameters
    ----------
    first, second : (h, w, 3) XYZ, spectral and RGB.
    maps : name -> (h, w): "delta_e_2000", "delta_e_itp", "flip", "luminance_ratio" (NaN for black), "hue_shift_deg",
        "chroma_shift"; with noise known also "p" and "noise_delta_e_2000".
    significant : (h, w) mask, or None where the noise is not known.
    standard_error : (h, w, 3) of the XYZ difference, or None.
    numbers : what goes into tables and `report.json`.
    """

    first: np.ndarray
    second: np.ndarray
    maps: dict[str, np.ndarray]
    significant: np.ndarray | None
    standard_error: np.ndarray | None
    numbers: dict = field(default_factory=dict)


@dataclass
class Noise:
    """Noise-only pictures and partial means of a pair, for a sample of its pixels.

    Parameters
    ----------
    chosen : (m,) indices of the pixels in the flattened picture.
    correction : factor of standard errors of means over all pixels, sqrt(m / n): noise is independent from pixel to
        pixel.
    delta_e : (m,) root mean square over the noise-only pictures of their CIEDE2000.
    delta_e_mean : (m,) the mean over them.
    first, second : (GROUPS, m, 3) means without one group each.
    partial : (GROUPS, m) CIEDE2000 of these.
    """

    chosen: np.ndarray
    correction: float
    delta_e: np.ndarray
    delta_e_mean: np.ndarray
    first: np.ndarray
    second: np.ndarray
    partial: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, pair: Pair, viewing: Viewing) -> Noise:
        """Evaluate them."""
        pixels = int(np.prod(pair.products.shape[:2]))
        step = -(-pixels // NOISE_PIXELS)
        chosen = np.arange(pixels)[:: step if step == 1 else step + step % 2 - 1]  # odd, so that columns take turns
        mean = _taken(pair.first.mean(), chosen)
        nulls = [
            metrics.ciede2000(mean, mean + _taken(pair.noise_only(row), chosen), viewing)
            for row in range(len(HADAMARD))
        ]
        first = np.stack([_taken(pair.first.mean(without=g), chosen) for g in range(GROUPS)])
        second = np.stack([_taken(pair.second.mean(without=g), chosen) for g in range(GROUPS)])
        return cls(
            chosen,
            float(np.sqrt(len(chosen) / pixels)),
            np.sqrt(np.mean(np.square(nulls), axis=0)),
            np.mean(nulls, axis=0),
            first,
            second,
            metrics.ciede2000(first, second, viewing),
            pair.first.counts,
        )


def _taken(picture: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return picture.reshape(-1, 3)[chosen]


def maps_of(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> dict[str, np.ndarray]:
    """The maps that need no knowledge of noise."""
    hue, chroma = metrics.hue_and_chroma_maps(first, second, viewing)
    ratio = np.full(first.shape[:2], np.nan)
    np.divide(second[..., 1], first[..., 1], out=ratio, where=first[..., 1] > 0.0)
    return {
        "delta_e_2000": metrics.ciede2000(first, second, viewing),
        "delta_e_itp": metrics.itp(first, second, viewing),
        "flip": metrics.flip(first, second, viewing),
        "luminance_ratio": ratio,
        "hue_shift_deg": hue,
        "chroma_shift": chroma,
    }


def assess_pair(
    pair: Pair,
    first: np.ndarray,
    second: np.ndarray,
    masks: dict[str, np.ndarray],
    part_means: tuple[np.ndarray, np.ndarray],
    viewing: Viewing,
) -> tuple[Findings, dict[str, dict]]:
    """Findings for two renders with known noise, and the numbers of each part of the picture.

    Parameters
    ----------
    first, second : (h, w, 3) pictures of the two films.
    masks : name of a part -> (h, w) mask.
    part_means : (B, parts, 3) mean colours of the parts in each batch, of both renders.
    """
    maps = maps_of(first, second, viewing)
    maps["p"] = p_values(pair)
    significant = discoveries(maps["p"])
    error = np.sqrt(np.einsum("...ii->...i", pair.covariance()))
    noise = Noise.of(pair, viewing)
    findings = Findings(first, second, maps, significant, error)
    findings.numbers = region_numbers(findings, noise, np.ones(significant.shape, bool), viewing)
    findings.numbers |= {
        "batches": pair.batches,
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "significant_pixels": int(significant.sum()),
        "pixels": int(significant.size),
        "share_significant_and_above_1": float(np.mean(significant & (maps["delta_e_2000"] > VISIBLE))),
        "share_significant_and_above_2.3": float(np.mean(significant & (maps["delta_e_2000"] > CLEAR))),
    }

    def colour_difference(one, two):
        return metrics.ciede2000(one, two, viewing)

    parts = {}
    for index, (name, mask) in enumerate(masks.items()):
        parts[name] = region_numbers(findings, noise, mask, viewing)
        one, two = (means[:, index] for means in part_means)
        p = min(1.0, mean_p_value(one, two) * len(masks))
        _, half = with_interval(colour_difference, one, two)
        parts[name]["mean_colour"] |= {"ci95": half, "p_of_all_parts": p, "significant": p < PART_LEVEL}
    weights = np.array([mask.sum() for mask in masks.values()]) / significant.size
    whole = (np.tensordot(means, weights, (1, 0)) for means in part_means)
    findings.numbers["mean_colour"]["ci95"] = with_interval(colour_difference, *whole)[1]
    differing = [name for name, numbers in parts.items() if numbers["mean_colour"]["significant"]]
    findings.numbers["parts_that_differ"] = differing
    findings.numbers["verdict"], findings.numbers["verdict_text"] = verdict(findings, parts)
    return findings, parts


def region_numbers(findings: Findings, noise: Noise | None, mask: np.ndarray, viewing: Viewing) -> dict:
    """Statistics of the pixels of a mask.

    Returns
    -------
    delta_e_2000, delta_e_itp, flip : `metrics.distribution`; of the first also the 95 % confidence interval of the mean
        (`ci95`, half its width, from the jackknife), `noise_alone` (the mean that noise alone would have) and
        `rms_without_noise` (root of the mean square less that of noise, which is unbiased where the mean is not).
    mean_colour : of the mean colours of the part, in which noise has averaged out: CIEDE2000 with its interval, XYZ.
    shifts : `metrics.shifts` of the pixels; luminance_ratio_ci95.
    """
    inside = mask.ravel()
    first, second = findings.first.reshape(-1, 3)[inside], findings.second.reshape(-1, 3)[inside]
    delta_e = findings.maps["delta_e_2000"].ravel()[inside]
    numbers = {
        "pixels": int(inside.sum()),
        "delta_e_2000": metrics.distribution(delta_e, (VISIBLE, CLEAR)),
        "delta_e_itp": metrics.distribution(findings.maps["delta_e_itp"].ravel()[inside], (VISIBLE, CLEAR)),
        "flip": metrics.distribution(findings.maps["flip"].ravel()[inside]),
        "shifts": metrics.shifts(first, second, viewing),
        "mean_colour": {
            "xyz_spectral": first.mean(axis=0).tolist(),
            "xyz_rgb": second.mean(axis=0).tolist(),
            "delta_e_2000": float(metrics.ciede2000(first.mean(axis=0), second.mean(axis=0), viewing)),
        },
    }
    if findings.significant is not None:
        numbers["share_significant"] = float(findings.significant.ravel()[inside].mean())
    if noise is not None:
        _add_intervals(numbers, noise, inside[noise.chosen], delta_e)
    return numbers


def _add_intervals(numbers, noise, inside, delta_e):
    """Confidence intervals and the share of noise, from the pixels of the sample that are inside."""
    if not inside.any():
        return
    factor = confidence_factor(GROUPS - 1) * noise.correction
    first, second = noise.first[:, inside].mean(axis=1), noise.second[:, inside].mean(axis=1)
    # estimates of the sample itself go with its partial ones
    shares = noise.counts / noise.counts.sum()
    whole_first = np.tensordot(1.0 - shares, first, 1) / (GROUPS - 1)
    whole_second = np.tensordot(1.0 - shares, second, 1) / (GROUPS - 1)
    means = noise.partial[:, inside].mean(axis=1)
    mean = float(np.tensordot(1.0 - shares, means, 1) / (GROUPS - 1))
    spread = numbers["delta_e_2000"]
    spread["ci95"] = factor * float(jackknife(mean, means, noise.counts))
    spread["noise_alone"] = float(noise.delta_e_mean[inside].mean())
    square = np.mean(delta_e**2) - np.mean(noise.delta_e[inside] ** 2)
    spread["rms_without_noise"] = float(np.sqrt(max(square, 0.0)))
    if (first[:, 1] > 0.0).all():
        ratio = whole_second[1] / whole_first[1]
        error = jackknife(ratio, second[:, 1] / first[:, 1], noise.counts)
        numbers["shifts"]["luminance_ratio_ci95"] = factor * float(error)


def verdict(findings: Findings, parts: dict[str, dict]) -> tuple[str, str]:
    """("none" | "invisible" | "visible", a sentence) that claims no more than is known."""
    marked = findings.significant
    count = int(marked.sum())
    differing = {
        name: numbers["mean_colour"] for name, numbers in parts.items() if numbers["mean_colour"]["significant"]
    }
    if not differing and count <= max(FEW_PIXELS, FEW_SHARE * marked.size):
        few = (
            f" ({count} of {marked.size} pixels are marked, as chance does in one picture of twenty.)" if count else ""
        )
        return "none", f"No difference beyond noise.{few}"
    largest = max(differing, key=lambda name: differing[name]["delta_e_2000"], default=None)
    means = ""
    if largest is not None:
        colour = differing[largest]
        error = f" +- {colour['ci95']:.2g}" if "ci95" in colour else ""
        means = (
            f" The mean colour of {len(differing)} of {len(parts)} parts of the picture differs, most that of "
            f"'{largest}': Delta E 2000 {colour['delta_e_2000']:.3g}{error}."
        )
    alone = "No single pixel differs beyond noise." if count == 0 else None
    share = f"{100 * marked.mean():.3g} % of the pixels"
    seen = marked & (findings.maps["delta_e_2000"] > VISIBLE)
    seen_means = [colour for colour in differing.values() if colour["delta_e_2000"] - colour.get("ci95", 0.0) > VISIBLE]
    # what is marked by chance is at most FALSE_DISCOVERY_RATE of the marked pixels: fewer visible ones claim nothing
    if seen.sum() <= max(FALSE_DISCOVERY_RATE * count, 1.0) and not seen_means:
        return (
            "invisible",
            f"{alone or f'RGB differs in {share}, but too little to be seen (Delta E 2000 below {VISIBLE:g}).'}{means}",
        )
    if alone:
        return "visible", alone + means
    clear = marked & (findings.maps["delta_e_2000"] > CLEAR)
    return "visible", (
        f"RGB differs in {share}; it can be seen in {100 * seen.mean():.3g} % (Delta E 2000 above {VISIBLE:g}) "
        f"and is plain in {100 * clear.mean():.3g} % (above {CLEAR:g}).{means}"
    )
