"""The parts of a picture by material, and the share of each light in it."""

from __future__ import annotations

import numpy as np

from specrender.color import xyz_to_uv_prime
from specrender.comparison import metrics
from specrender.comparison.batches import Variant, batch_seed
from specrender.comparison.metrics import Viewing
from specrender.comparison.statistics import GROUPS, with_interval
from specrender.scene import description as d

#: Most groups of lights that are rendered alone; what is beyond them makes the last group.
MOST_LIGHT_GROUPS = 8

#: Share of the samples of the main render that all lights alone get together, each in `GROUPS` batches.
LIGHT_SHARE = 0.1

#: The first batch number of lights, far from those of the main render and of probes.
FIRST_LIGHT_BATCH = 1 << 24


def tag(node: d.Node) -> str:
    """The `type` of a node as scene files have it."""
    return node.__struct_config__.tag


def material_names(scene: d.Scene) -> list[str]:
    """The part that each shape of the scene belongs to: its material, or itself if it emits."""
    names = []
    for index, shape in enumerate(scene.shapes):
        own = shape.name or f"{tag(shape)} {index}"
        if getattr(shape, "emitter", None) is not None:
            names.append(f"{own} (light)")
        elif isinstance(shape.material, str):
            names.append(shape.material)
        elif shape.material is None:
            names.append(f"{own}: default")
        else:
            names.append(f"{own}: {tag(shape.material)}")
    return names


def parts(scene: d.Scene, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> (h, w) mask of the pixels whose first sample meets that part, the largest first.

    ids : (h, w) indices of shapes, -1 for none.
    """
    names = material_names(scene)
    by_name: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        by_name.setdefault(name, []).append(index)
    masks = {name: np.isin(ids, indices) for name, indices in by_name.items()}
    masks["background"] = ids < 0
    # shapes that are made of others (instances) may have numbers of their own
    masks["other shapes"] = ids >= len(names)
    found = [(name, mask) for name, mask in masks.items() if mask.any()]
    return dict(sorted(found, key=lambda pair: -int(pair[1].sum())))


def labels_of(masks: dict[str, np.ndarray]) -> np.ndarray:
    """(h, w) index of the part of each pixel, in the order of the masks."""
    labels = np.zeros(next(iter(masks.values())).shape, np.int64)
    for index, mask in enumerate(masks.values()):
        labels[mask] = index
    return labels


# ---------------------------------------------------------------- lights


def light_groups(scene: d.Scene) -> dict[str, list[int]]:
    """Name -> indices in the kernel's table of lights: those of one colour and kind of spectrum together.

    The colour of a light is what RGB can get wrong of it, so lights with the same one make one row.
    """
    emitters = [(shape.emitter, shape.name or f"{tag(shape)} {i}") for i, shape in enumerate(scene.shapes)
                if getattr(shape, "emitter", None) is not None]  # fmt: skip
    emitters += [(light, f"{tag(light)} {i}") for i, light in enumerate(scene.lights)]
    groups: dict[str, list[int]] = {}
    labels: dict[str, str] = {}
    for index, (light, label) in enumerate(emitters):
        key = _colour_key(light)
        groups.setdefault(key, []).append(index)
        labels.setdefault(key, label)
    described = {}
    for key, indices in groups.items():
        count = f" (and {len(indices) - 1} more)" if len(indices) > 1 else ""
        described[f"{labels[key]}{count}: {key}"] = indices
    if len(described) > MOST_LIGHT_GROUPS:
        rest = list(described)[MOST_LIGHT_GROUPS - 1 :]
        described["all others"] = [index for name in rest for index in described.pop(name)]
    return described


def _colour_key(light: d.Node) -> str:
    """A short text that is the same for lights of the same spectrum."""
    if isinstance(light, d.EnvironmentMap):
        return light.filename.replace("\\", "/").rpartition("/")[2]
    for name in ("radiance", "color", "irradiance"):
        if hasattr(light, name):
            return describe_spectrum(getattr(light, name))
    return tag(light)


def describe_spectrum(spec: d.Spectrum) -> str:
    """A spectrum of a scene in a few words."""
    if isinstance(spec, (int, float)):
        return "flat"
    if isinstance(spec, str):
        return spec
    for name in ("name", "file", "texture"):
        if getattr(spec, name) is not None:
            return str(getattr(spec, name)).replace("\\", "/").rpartition("/")[2]
    if spec.rgb is not None:
        return f"rgb {' '.join(f'{v:g}' for v in spec.rgb)} ({spec.space})"
    if spec.blackbody is not None:
        return f"blackbody {spec.blackbody:g} K"
    return f"table of {len(spec.values)} values"


def assess_lights(
    scene: d.Scene, spectral: Variant, rgb: dict[str, Variant], seed: int, samples: int, viewing: Viewing, stop
) -> list[dict]:
    """What each group of lights contributes to the picture, and what RGB makes of it.

    Light transport is linear in emission: the picture is the sum of the pictures with only one group burning, in either
    mode.  Each of them is rendered, with `LIGHT_SHARE` of the main render's samples in all, and summed over its pixels.

    Returns
    -------
    One dict a group: name, lights (their number), share (of the picture's luminance) with share_ci95, and for every
    space delta_e_2000 (of the mean colour of the light's part, raised to the luminance that the whole picture has, so
    that colours of faint lights can be compared), luminance_ratio, u_v_shift, each with the half width of its 95 %
    interval.
    """
    groups = light_groups(scene)
    if len(groups) < 2 or stop.is_set():
        return []
    each = max(1, round(samples * LIGHT_SHARE / (GROUPS * len(groups))))
    variants = {None: spectral, **rgb}
    scales = {space: variant.lights["scale"].copy() for space, variant in variants.items()}
    means = {space: np.zeros((len(groups), GROUPS, 3)) for space in variants}
    try:
        for row, indices in enumerate(groups.values()):
            for space, variant in variants.items():
                variant.lights["scale"] = 0.0
                variant.lights["scale"][indices] = scales[space][indices]
                for g in range(GROUPS):
                    picture = variant.batch(batch_seed(seed, FIRST_LIGHT_BATCH + g), each)
                    means[space][row, g] = picture.mean(axis=(0, 1))
                if stop.is_set():
                    return []
    finally:
        for space, variant in variants.items():
            variant.lights["scale"] = scales[space]
    result, luminance = [], means[None][:, :, 1]
    for row, (name, indices) in enumerate(groups.items()):
        share, half = with_interval(
            lambda own, whole: own[..., 0] / whole[..., 0], luminance[row][:, None], luminance.sum(axis=0)[:, None]
        )
        spaces = {space: _light_numbers(means, row, space, viewing) for space in rgb}
        result.append({"name": name, "lights": len(indices), "share": share, "share_ci95": half, "spaces": spaces})
    return result


def _light_numbers(means, row, space, viewing):
    """Numbers of one group of lights in one space, with intervals by the jackknife over batches."""
    spectral, rgb = means[None][row], means[space][row]
    total = means[None][:, :, 1].mean(axis=1).sum()
    if not spectral[:, 1].mean() > 0.0 or not rgb[:, 1].mean() > 0.0:
        return None

    def delta_e(one, two):
        raised = total / one[..., 1:2]
        return metrics.ciede2000(one * raised, two * raised, viewing)

    def luminance_ratio(one, two):
        return two[..., 1] / one[..., 1]

    def u_v_shift(one, two):
        return np.linalg.norm(xyz_to_uv_prime(two) - xyz_to_uv_prime(one), axis=-1)

    numbers = {}
    for name, function in (
        ("delta_e_2000", delta_e),
        ("luminance_ratio", luminance_ratio),
        ("u_v_shift", u_v_shift),
    ):
        numbers[name], numbers[f"{name}_ci95"] = with_interval(function, spectral, rgb)
    return numbers
