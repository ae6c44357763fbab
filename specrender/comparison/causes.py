"""Why RGB goes wrong in a scene: what of it three numbers cannot carry."""

from __future__ import annotations

import numpy as np

from specrender.comparison import metrics
from specrender.comparison.metrics import Viewing
from specrender.comparison.parts import describe_spectrum, tag
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.projection import project
from specrender.spectra.refraction import LINE_C_NM, LINE_D_NM, LINE_F_NM
from specrender.spectra.spectrum import Product, integrate_xyz, luminance

#: Colours that one reflection is judged by are raised to this luminance, that of a mid grey.
JUDGED_LUMINANCE = 0.2

REFLECTANCES = ("reflectance", "diffuse_reflectance", "specular_reflectance", "specular_transmittance")


def causes(scene: d.Scene, spaces: tuple[str, ...], viewing: Viewing) -> dict:
    """What can be known without tracing a ray.

    Returns
    -------
    reflections : the pairs of a reflectance (or transmittance) and a light, with, for every space, the CIEDE2000
        between the product of the two spectra and the product of their RGB, both scaled so that the former has
        luminance 0.2: the error of one bounce.  Also its square: of two bounces of the same surface.
    out_of_range : reflectances whose RGB lies outside [0, 1] in a space and is clamped there.
    dispersive : glasses whose index depends on wavelength, with Abbe's number.
    """
    builder = TableBuilder(scene, "spectral", "srgb", (scene.wavelengths.lambda_min, scene.wavelengths.lambda_max))
    lights, surfaces, dispersive = {}, {}, []
    for light in _lights(scene):
        spec = next(
            (getattr(light, name) for name in ("radiance", "color", "irradiance") if hasattr(light, name)), None
        )
        if spec is not None and not _is_texture(spec, scene):
            role = "emission" if not isinstance(spec, d.SpectrumSpec) or spec.white else "unbounded"
            spectrum = builder.host_spectrum(spec, role, light)
            if luminance(spectrum) > 0.0:
                lights.setdefault(describe_spectrum(spec), spectrum)
    for name, material in _materials(scene):
        for field in REFLECTANCES:
            spec = getattr(material, field, None)
            if spec is None or isinstance(spec, (int, float)) or _is_texture(spec, scene):
                continue
            surfaces[f"{name}: {describe_spectrum(spec)}"] = (
                builder.host_spectrum(spec, "reflectance", material),
                spec,
            )
        for field in ("int_ior", "ext_ior"):
            ior = getattr(material, field, None)
            if isinstance(ior, (str, d.IorSpec)):
                _note_dispersion(dispersive, name, ior, builder, material)
    return {
        "reflections": [
            _reflection(surface, light, spectrum, lamp, spaces, viewing)
            for surface, (spectrum, _) in surfaces.items()
            for light, lamp in lights.items()
        ],
        "out_of_range": [
            {"surface": surface, "space": space, "rgb": rgb.tolist()}
            for surface, (spectrum, spec) in surfaces.items()
            for space in spaces
            if _rgb_given(spec) is None and np.ptp((rgb := _unclamped(spectrum, space)).clip(0.0, 1.0) - rgb) > 1e-4
        ],
        "dispersive": dispersive,
    }


def _lights(scene):
    yield from (shape.emitter for shape in scene.shapes if getattr(shape, "emitter", None) is not None)
    yield from (light for light in scene.lights if not isinstance(light, d.EnvironmentMap))


def _materials(scene):
    """(name, material) of everything that shapes are made of, wrappers opened, each once."""
    seen, waiting = set(), list(scene.materials.items())
    for index, shape in enumerate(scene.shapes):
        if isinstance(getattr(shape, "material", None), d.Node):
            waiting.append((shape.name or f"{tag(shape)} {index}", shape.material))
    while waiting:
        name, material = waiting.pop(0)
        if id(material) in seen or not isinstance(material, d.Node):
            continue
        seen.add(id(material))
        yield name, material
        for field in material.__struct_fields__:
            inner = getattr(material, field)
            if isinstance(inner, d.Node) and hasattr(inner, "__struct_config__") and inner.__struct_config__.tag:
                waiting.append((name, inner))


def _is_texture(spec, scene):
    while isinstance(spec, str) and spec in scene.spectra:
        spec = scene.spectra[spec]
    return isinstance(spec, d.SpectrumSpec) and spec.texture is not None


def _rgb_given(spec):
    return spec.rgb if isinstance(spec, d.SpectrumSpec) else None


def _unclamped(spectrum, space):
    """RGB of a reflectance under D65, before it is clamped."""
    from specrender.color import xyz_to_rgb
    from specrender.spectra.uplift import white_spectrum

    return xyz_to_rgb(space) @ integrate_xyz(Product(spectrum, white_spectrum("srgb")))


def _reflection(surface, light, spectrum, lamp, spaces, viewing):
    from specrender.color import rgb_to_xyz

    result = {"surface": surface, "light": light, "spaces": {}}
    for space in spaces:
        to_xyz = rgb_to_xyz(space)
        reflectance, emission = project(spectrum, "reflectance", space), project(lamp, "emission", space)
        errors = []
        product, power = lamp, np.ones(3)
        for _ in range(2):
            product, power = Product(product, spectrum), power * reflectance
            truth, rgb = integrate_xyz(product), to_xyz @ (power * emission)
            scale = JUDGED_LUMINANCE / max(truth[1], 1e-12) / 2.0**viewing.exposure
            errors.append(float(metrics.ciede2000(truth * scale, rgb * scale, viewing)))
        result["spaces"][space] = {"one_bounce": errors[0], "two_bounces": errors[1]}
    return result


def _note_dispersion(found, name, ior, builder, material):
    index = builder.index(ior, material)
    n_f, n_d, n_c = (float(index(np.array([nm]))[0]) for nm in (LINE_F_NM, LINE_D_NM, LINE_C_NM))
    if abs(n_f - n_c) > 1e-6:
        label = ior if isinstance(ior, str) else "given"
        entry = {"surface": name, "index": label, "n_d": n_d, "n_f": n_f, "n_c": n_c, "abbe": (n_d - 1.0) / (n_f - n_c)}
        if entry["index"] not in {"air"} and entry not in found:
            found.append(entry)
