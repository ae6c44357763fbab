"""What `specrender info SCENE` says of a scene's colours: its lamps, and what will not look as it was meant to."""

from __future__ import annotations

from pathlib import Path

#: Distance in RGB beyond which an uplifted reflectance is another colour.
ROUND_TRIP = 1e-3

#: Lamps of different colours that are shown; a scene may have hundreds.
MOST_LAMPS = 12


def colour_report(scene, nodes) -> dict[str, list]:
    """Lamps and doubtful colours of a valid scene.

    Parameters
    ----------
    scene : the description.
    nodes : all nodes of it.

    Returns
    -------
    lamps : colour, correlated colour temperature [K], Duv and Ra of each kind of light that is no texture.
    above_one : bitmaps that are reflectances and exceed 1, and how far; such texels are clipped.
    rgb_metals : places of metals whose colour or index is given as RGB.
    impossible_reflectances : places of rgb reflectances beyond what a spectrum within [0, 1] can give.

    Raises
    ------
    InputError : a spectrum cannot be read, as `render` would say.
    """
    from specrender.scene.compile.builder import TableBuilder

    nodes = list(nodes)
    _read_tables(scene, nodes)
    builder = TableBuilder(scene, "spectral", "srgb", (360.0, 830.0))
    return {
        "lamps": _lamps(builder, nodes),
        "above_one": _above_one(scene, nodes),
        "rgb_metals": _rgb_metals(nodes),
        "impossible_reflectances": _impossible(nodes),
    }


def _read_tables(scene, nodes):
    """Read what the scene writes as tables, also those that no lamp has: errors and notes on them belong here, too."""
    from specrender.scene.compile.scene_spectra import host_spectrum
    from specrender.scene.description import SpectrumSpec

    for node in nodes:
        if isinstance(node, SpectrumSpec) and (node.file is not None or node.values is not None):
            host_spectrum(scene, node, "unbounded", node)


def show_colour(table: dict[str, list]) -> None:
    """Print a `colour_report`."""
    lamps = table["lamps"]
    for index, lamp in enumerate(lamps[:MOST_LAMPS]):
        print(f"  {'lamps' if index == 0 else '':10}  {_lamp_line(lamp)}")
    if len(lamps) > MOST_LAMPS:
        print(f"  {'':10}  and {len(lamps) - MOST_LAMPS} other colours (all with --json)")
    for row in table["above_one"]:
        print(f"  {row['place']}: a reflectance of {row['largest']:.3g}; what is above 1 is clipped")
    for place in table["rgb_metals"]:
        print(f"  {place}: a metal from RGB; one by name (material) keeps its colour in every light")
    count = len(table["impossible_reflectances"])
    if count:
        what = f"{count} rgb reflectance{'s' * (count > 1)} that no surface can have"
        print(f"  {what}: the nearest possible one is used ({', '.join(table['impossible_reflectances'][:3])})")


def _lamp_line(lamp):
    if lamp["cct_k"] is None:
        return f"{lamp['colour']}: no colour temperature"
    rendering = "" if lamp["cri_ra"] is None else f", Ra {lamp['cri_ra']:.0f}"
    return f"{lamp['colour']}: {lamp['cct_k']:.0f} K, Duv {lamp['duv']:+.4f}{rendering}"


def _fields(nodes, names):
    """(node, field, value) of all fields of these names that are spectra."""
    from specrender.scene.description import SpectrumSpec

    for node in nodes:
        for field in sorted(names & set(node.__struct_fields__)):
            value = getattr(node, field)
            if isinstance(value, (int, float, str)) or (isinstance(value, SpectrumSpec) and value.texture is None):
                yield node, field, value


def _place(node, field):
    from specrender.scene.description import where

    location = where(node)
    return f"{location or type(node).__struct_config__.tag}.{field}"


def _lamps(builder, nodes):
    from specrender.scene.validate import EMISSIONS
    from specrender.spectra import quality
    from specrender.spectra.lamps import cct_duv
    from specrender.spectra.spectrum import integrate_xyz

    lamps = {}
    for node, _, value in _fields(nodes, EMISSIONS):
        name = _described(value)
        if name in lamps:
            lamps[name]["lights"] += 1
            continue
        spectrum = builder.host_spectrum(value, "emission", node)
        xyz = integrate_xyz(spectrum)
        kelvin, duv = (cct_duv(xyz) if xyz[1] > 0 else None) or (None, None)
        step = quality.published_step(value if isinstance(value, str) else getattr(value, "name", None))
        rendering = None if kelvin is None else quality.color_rendering(spectrum, step)
        ra = None if rendering is None else rendering.ra
        lamps[name] = {"colour": name, "lights": 1, "cct_k": kelvin, "duv": duv, "cri_ra": ra}
    return list(lamps.values())


def _described(spec):
    """A spectrum as few words."""
    if isinstance(spec, str):
        return spec
    if isinstance(spec, (int, float)):
        return "equal at all wavelengths"
    if spec.rgb is not None:
        return f"rgb {' '.join(f'{v:g}' for v in spec.rgb)} in {spec.space}"
    if spec.blackbody is not None:
        return f"black body of {spec.blackbody:g} K"
    if spec.values is not None:
        return f"table of {len(spec.values)} values from {spec.wavelengths[0]:g} to {spec.wavelengths[-1]:g} nm"
    return spec.name if spec.name is not None else str(spec.file)


def _above_one(scene, nodes):
    """Bitmaps as reflectances; numbers, names, tables and files above 1 are errors of the scene."""
    from specrender.scene.compile.images import load_image
    from specrender.scene.description import Bitmap, SpectrumSpec, where
    from specrender.scene.validate import REFLECTANCES

    found = {}
    for node in nodes:
        for field in REFLECTANCES & set(getattr(node, "__struct_fields__", ())):
            spec = getattr(node, field)
            texture = scene.textures.get(spec.texture) if isinstance(spec, SpectrumSpec) else None
            if isinstance(texture, Bitmap) and spec.texture not in found:
                largest = float(load_image(Path(texture.filename), texture.raw).max())
                if largest > 1.0 + 1e-6:
                    found[spec.texture] = {"place": where(texture) or spec.texture, "largest": largest}
    return list(found.values())


def _rgb_metals(nodes):
    found = []
    for node in nodes:
        if not {"eta", "k", "specular_reflectance", "material"} <= set(getattr(node, "__struct_fields__", ())):
            continue
        for field in ("eta", "k", "specular_reflectance"):
            if getattr(getattr(node, field), "rgb", None) is not None:
                found.append(_place(node, field))
                break
    return found


def _impossible(nodes):
    from specrender.scene.validate import REFLECTANCES
    from specrender.spectra.uplift import reflectance_coefficients, round_trip_error

    found = {}
    for node, field, spec in _fields(nodes, REFLECTANCES):
        if getattr(spec, "rgb", None) is not None:
            found.setdefault((spec.space, tuple(spec.rgb)), (_place(node, field), spec))
    places = []
    for place, spec in found.values():
        coefficients = reflectance_coefficients([spec.rgb], spec.space)
        if round_trip_error([spec.rgb], coefficients, spec.space).max() > ROUND_TRIP:
            places.append(place)
    return places
