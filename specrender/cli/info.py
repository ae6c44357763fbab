"""`specrender info`: what a scene holds, and what specrender knows by name."""

from __future__ import annotations

import json
import warnings
from collections import Counter

from specrender.cli.streams import show_notices
from specrender.errors import InputError


def run(arguments) -> int:
    """Print what was asked for; returns the exit code."""
    if arguments.defines and not arguments.scene:
        raise InputError("-D sets parameters of a scene; give a scene")
    if arguments.ocio is not None and not arguments.views:
        raise InputError("--ocio is the config of --views; give --views")
    if arguments.schema:
        from specrender.scene.schema import scene_schema

        print(json.dumps(scene_schema(), indent=2))
        return 0
    if arguments.types:
        table, show = _types(), _show_page("markdown")
    elif arguments.plugins:
        table, show = _plugins(), _show_page("plugins_markdown")
    elif arguments.gamuts:
        table, show = _gamuts(), _show_gamuts
    elif arguments.spectra:
        table, show = _spectra(), _show_spectra
    elif arguments.views:
        table, show = _views(arguments.ocio), _show_views
    else:
        from specrender.session import shallow

        with shallow(arguments.scene), warnings.catch_warnings():
            show_notices(False)
            table, show = _scene(arguments.scene, dict(arguments.defines)), _show_scene
    if arguments.json:
        print(json.dumps(table, indent=2))
    else:
        show(table)
    return 0


# ---------------------------------------------------------------- what specrender knows


def _types():
    from dataclasses import asdict

    from specrender.scene import reference

    return [asdict(section) for section in reference.sections()]


def _plugins():
    from specrender.scene import reference

    return reference.plugins()


def _show_page(name):
    def show(_table):
        from specrender.scene import reference

        print(getattr(reference, name)(), end="")

    return show


def _gamuts():
    from specrender.color import GAMUTS

    names = ("red", "green", "blue", "white")
    return {
        gamut.name: {**{name: list(getattr(gamut, name)) for name in names}, "source": gamut.source}
        for gamut in GAMUTS.values()
    }


def _show_gamuts(table):
    print(f"{'':12}{'red':>16}{'green':>16}{'blue':>16}{'white':>16}   source")
    for name, row in table.items():
        points = "".join(f"{row[point][0]:8.4f} {row[point][1]:7.4f}" for point in ("red", "green", "blue", "white"))
        print(f"{name:12}{points}   {row['source']}")


def _spectra():
    from specrender.spectra import catalogue, observers

    return {**{kind: catalogue.names(kind) for kind in catalogue.KINDS}, "observer": list(observers.NAMES)}


#: Kind of data -> where its names can stand in a scene.
USES = {
    "illuminant": "illuminants and lamps, for any spectrum",
    "patch": "colour patches, for any spectrum",
    "metal": "metals, for `material` of conductors",
    "glass": "glasses and other clear materials, for int_ior and ext_ior, dispersive",
    "ior": "single refractive indices, for int_ior and ext_ior of Mitsuba's files",
    "observer": "observers, cone fundamentals and cameras, for --observer and --sensor",
}


def _show_spectra(table):
    import textwrap

    for kind, names in table.items():
        print(f"{USES[kind]} ({len(names)})")
        indent = "    "
        wrapped = textwrap.wrap(", ".join(names), 100 - len(indent), break_on_hyphens=False)
        print(textwrap.indent("\n".join(wrapped), indent))


def _views(config):
    from specrender.output.view import config_name, views

    return {"config": config_name(config), "displays": views(config)}


def _show_views(table):
    print(f"{table['config']}: displays and their views; the first ones are the defaults")
    for display, names in table["displays"].items():
        print(f"  {display}")
        for name in names:
            print(f"      {name}")


# ---------------------------------------------------------------- a scene


def _scene(path, defines):
    from specrender.cli.lint import colour_report
    from specrender.scene.compile.expand import expanded
    from specrender.scene.overrides import film_crop
    from specrender.scene.readers import load
    from specrender.session import integrator_chain

    scene = expanded(load(path, defines))
    film = scene.film
    x0, y0, x1, y1 = film_crop(film)
    return {
        "name": scene.name,
        "size": [film.width, film.height],
        "crop": [x0, y0, x1, y1],
        "samples_per_pixel": scene.sampler.sample_count,
        "sampler": _tag(scene.sampler),
        "integrator": integrator_chain(scene.integrator),
        "camera": _tag(scene.camera),
        "cameras": {name: _tag(camera) for name, camera in scene.cameras.items()},
        "filter": _tag(film.rfilter),
        "shapes": _counted(_shapes(scene)),
        "instances": _instance_count(scene),
        "triangles": _triangles(_shapes(scene)),
        "lights": _counted([*scene.lights, *(shape.emitter for shape in scene.shapes if shape.emitter is not None)]),
        "materials": _counted(_materials(scene)),
        "textures": _counted(scene.textures.values()),
        "spectra": len(scene.spectra),
        **colour_report(scene, nodes(scene)),
    }


def _show_scene(table):
    from specrender.cli.lint import show_colour

    size = "{}x{}".format(*table["size"])
    crop = ",".join(map(str, table["crop"]))
    whole = table["crop"] == [0, 0, *table["size"]]
    print(f"{table['name']}: {size} pixels{'' if whole else f', crop {crop}'}, {table['filter']} filter")
    print(f"  camera      {table['camera']}")
    if len(table["cameras"]) > 1:
        print(f"  to choose   {', '.join(f'{name} ({tag})' for name, tag in table['cameras'].items())}")
    print(f"  integrator  {table['integrator'] or 'none'}")
    print(f"  sampler     {table['sampler']}, {table['samples_per_pixel']} samples per pixel")
    instances = f"; {table['instances']} instances" if table["instances"] else ""
    print(f"  shapes      {_listed(table['shapes'])}; {table['triangles']} triangles{instances}")
    for name in ("lights", "materials", "textures"):
        print(f"  {name:10}  {_listed(table[name])}")
    print(f"  spectra     {table['spectra'] or 'none'}")
    show_colour(table)


def _tag(node):
    return node.__struct_config__.tag


def _counted(nodes):
    return dict(Counter(_tag(node) for node in nodes).most_common())


def _listed(counts):
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _shapes(scene):
    """All shapes, those of groups once, without instances."""
    from specrender.scene.description import Instance

    grouped = [shape for group in scene.groups.values() for shape in group.shapes]
    return [shape for shape in (*scene.shapes, *grouped) if not isinstance(shape, Instance)]


def _instance_count(scene):
    from specrender.scene.description import Instance
    from specrender.scene.readers.instances import load_transforms

    single = sum(isinstance(shape, Instance) for shape in scene.shapes)
    return single + sum(len(load_transforms(node.transforms)) for node in scene.instances)


def _triangles(shapes):
    from specrender.scene.compile.geometry import mesh_of

    meshes = (mesh_of(shape) for shape in shapes)
    return sum(len(mesh.faces) for mesh in meshes if mesh is not None)


def _materials(scene):
    """The materials with a name and those written in place of shapes, each once."""
    inline = [shape.material for shape in _shapes(scene)]
    found = {id(node): node for node in (*scene.materials.values(), *inline)}
    return [node for node in found.values() if node is not None and not isinstance(node, str)]


def nodes(value):
    """Every node of a scene."""
    import msgspec

    if isinstance(value, msgspec.Struct):
        yield value
        for field in value.__struct_fields__:
            yield from nodes(getattr(value, field))
    elif isinstance(value, dict):
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
        for item in value:
            yield from nodes(item)
