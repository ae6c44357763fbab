"""The rules of CONTRIBUTING.md that a program can check, and what a new kind of something may lack."""

import ast
import io
import re
import sys
import tokenize
import typing
from pathlib import Path

import numpy as np
import pytest

import specrender
from specrender.scene import description as d
from specrender.scene.compile.material_table import NESTING

ROOT = Path(specrender.__file__).parent
SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(text) for name, text in SOURCES.items()}

#: Makes the data files; runs once, by hand, with more packages than rendering needs.
TOOLS = {"spectra/build_data.py"}


def imports(tree):
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module, packages):
    return any(module == package or module.startswith(package + ".") for package in packages)


# ---------------------------------------------------------------- imports

#: Package -> what of specrender it may import, besides itself and errors.  One direction, no way back.
LAYERS = {
    "bench": {"color", "driver", "files", "film", "kernel", "output", "scene", "spectra"},
    "kernel": set(),
    "film": {"files"},
    "color": set(),
    "spectra": {"color", "files"},
    "image_files.py": {"files"},
    "output": {"color", "files", "film", "image_files", "spectra"},
    "scene/description": set(),
    "scene/readers": {"color", "files", "film", "spectra", "scene"},
    "scene/compile": {"color", "film", "image_files", "kernel", "spectra", "scene"},
    "scene": {"color", "files", "film", "spectra"},
    "driver": {"film", "kernel", "scene"},
    "denoise.py": {"color", "film"},
    "locate.py": {"driver", "kernel", "scene"},
    "checkpoints.py": {"driver", "film", "files"},
    "labels.py": set(),
    "comparison": {
        "color",
        "driver",
        "film",
        "files",
        "kernel",
        "labels",
        "output",
        "scene",
        "session",
        "spectra",
        "writing",
    },
    "cluster.py": {"driver", "film", "scene", "session", "spectra"},
    "session.py": {"cluster", "color", "driver", "film", "kernel", "output", "scene", "spectra", "writing"},
    "writing.py": {"film", "output"},
    "api.py": {"checkpoints", "denoise", "driver", "film", "scene", "session"},
}


def layer_of(name):
    """The most specific entry of LAYERS for a file, or None."""
    found = [layer for layer in LAYERS if name == layer or name.startswith(layer + "/")]
    return max(found, key=len, default=None)


@pytest.mark.parametrize("name", [name for name in SOURCES if layer_of(name)])
def test_imports_follow_the_way_of_the_data(name):
    layer = layer_of(name)
    own = layer.removesuffix(".py").replace("/", ".")
    allowed = [f"specrender.{package}" for package in (own, "errors", *LAYERS[layer])] + ["specrender.__version__"]
    for module in imports(TREES[name]):
        if module.startswith("specrender."):
            assert within(module, allowed), f"{name} imports {module}"


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("kernel/")])
def test_kernel_imports_only_numba_and_itself(name):
    """Else an edit outside could change compiled code without the cache noticing."""
    allowed = {"numpy", "numba", "llvmlite", "specrender.kernel", *sys.stdlib_module_names}
    for module in imports(TREES[name]):
        assert within(module, allowed), f"{name} imports {module}"


HEAVY = {"scipy", "colour", "matplotlib", "mitsuba", "flip_evaluator"}


#: Packages that need heavy libraries for what they do, and import them within functions only.
LAZY = ("bench/", "comparison/", "spectra/quality.py", "cli/spectrum_plot.py")


@pytest.mark.parametrize("name", sorted(name for name in set(SOURCES) - TOOLS if not name.startswith(LAZY)))
def test_rendering_needs_no_heavy_library(name):
    for module in imports(TREES[name]):
        assert not within(module, HEAVY), f"{name} imports {module}"


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if name.startswith(LAZY)))
def test_heavy_libraries_are_imported_when_they_are_needed(name):
    """Within functions, so that `import specrender.comparison` costs what rendering does."""
    at_top = ast.Module([node for node in TREES[name].body if isinstance(node, (ast.Import, ast.ImportFrom))], [])
    for module in imports(at_top):
        assert not within(module, HEAVY), f"{name} imports {module}"


@pytest.mark.parametrize("package", ["bench", "comparison"])
def test_only_its_command_knows_a_package_beside_rendering(package):
    commands = {"bench": "cli/bench.py", "comparison": "cli/compare.py"}
    # the API: for type checkers, and by name when it is used
    for name in set(SOURCES) - {commands[package], "__init__.py"}:
        if not name.startswith(f"{package}/"):
            for module in imports(TREES[name]):
                assert not within(module, {f"specrender.{package}"}), f"{name} imports {module}"


def test_one_place_knows_where_the_cache_is():
    assert [name for name in SOURCES if 'environ.get("SPECRENDER_CACHE"' in SOURCES[name]] == ["kernel/cache_folder.py"]


def test_import_checks_see_imports():
    """The helper finds all forms, so that the tests above can fail."""
    tree = ast.parse("import a.b\ndef f():\n    from c import d as e\n")
    assert set(imports(tree)) == {"a.b", "c", "c.d"}
    assert within("a.b", {"a"}) and not within("ab", {"a"})


# ---------------------------------------------------------------- printing and exiting


def printing_or_exiting(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in {"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write", "sys.stderr.write"}:
                yield f"line {node.lineno}: {name}"
        elif isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            yield f"line {node.lineno}: SystemExit"


#: The command, and what its process begins with.
COMMAND_LINE = ("cli/", "__main__.py")


@pytest.mark.parametrize("name", [n for n in SOURCES if not n.startswith(COMMAND_LINE) and n not in TOOLS])
def test_only_the_command_line_prints_or_exits(name):
    assert not list(printing_or_exiting(TREES[name]))


def test_print_check_sees_prints():
    assert len(list(printing_or_exiting(TREES["cli/info.py"]))) >= 2
    assert len(list(printing_or_exiting(TREES["cli/__init__.py"]))) == 2


# ---------------------------------------------------------------- citations

#: [Key2007], [BT709], [IEC61966-2-1], [S-2014-004]: what a key looks like in running text.
CITATION = re.compile(r"\[([A-Z][A-Za-z-]*\d{2,}[\dA-Za-z-]*)\]")


def references():
    text = (ROOT / "REFERENCES.md").read_text(encoding="utf-8")
    return re.findall(r"^- \[([^\]]+)\]", text, re.MULTILINE)


def prose(source):
    """Comments and strings of a file: where citations are, unlike subscripts."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.string


def citations(source):
    return {key for text in prose(source) for key in CITATION.findall(text)}


@pytest.mark.parametrize("name", SOURCES)
def test_citations_resolve(name):
    missing = citations(SOURCES[name]) - set(references())
    assert not missing, f"{name} cites {sorted(missing)}, which REFERENCES.md does not list"


def test_references_are_cited_listed_once_and_sorted():
    keys = references()
    assert keys == sorted(set(keys), key=lambda key: f"{key}]".lower())
    files = [*ROOT.rglob("*.md"), *ROOT.rglob("*.csv"), *Path(__file__).parent.rglob("*.py")]
    others = [path.read_text(encoding="utf-8") for path in files if path.name != "REFERENCES.md"]
    everything = "\n".join([*SOURCES.values(), *others])
    # "[OpenEXR, chapter]" is a citation, too, and gamuts name their standard as a plain string
    assert not [key for key in keys if not re.search(rf'\[{re.escape(key)}[],]|"{re.escape(key)}"', everything)]


def test_citation_check_sees_citations():
    found = citations('"""[Walter2007] eq. 3; [IEC61966-2-1]"""\nx = table[Not2007]  # [BT709]\n')
    assert found == {"Walter2007", "IEC61966-2-1", "BT709"}


# ---------------------------------------------------------------- completeness


def members(union):
    """The structs of a union of the vocabulary (a lone struct, or a name beside them, is allowed)."""
    kinds = typing.get_args(union) or (union,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, d.Node)]


def tag(kind):
    return kind.__struct_config__.tag


def named(kinds):
    return {"argvalues": kinds, "ids": [tag(kind) for kind in kinds]}


#: Materials of others have no BSDF of their own, see scene.compile.material_table.
MATERIALS = [kind for kind in members(d.Material) if kind not in NESTING]


@pytest.mark.parametrize("kind", **named(MATERIALS))
def test_every_material_has_a_packer_and_a_kernel(kind):
    from specrender.kernel.bsdf import KINDS, TAGS
    from specrender.scene.compile.materials import PACKERS

    name, _ = PACKERS[kind]
    assert name == tag(kind) == KINDS[TAGS[name]].name


def test_every_bsdf_of_the_kernel_is_a_material():
    from specrender.kernel.bsdf import KINDS

    assert {kind.name for kind in KINDS} == {tag(kind) for kind in MATERIALS}


@pytest.mark.parametrize("kind", **named(members(d.SceneLight)))
def test_every_light_has_a_packer(kind):
    from specrender.scene.compile.lights import PACKERS

    assert kind in PACKERS


@pytest.mark.parametrize("kind", **named([*members(d.SceneLight), *members(d.Emitter)]))
def test_every_light_says_what_its_units_are(kind):
    from specrender.scene.rules.lights import UNITS

    assert kind in UNITS


@pytest.mark.parametrize("kind", **named(members(d.GroupedShape)))
def test_every_shape_has_an_arm(kind):
    from specrender.scene.compile.geometry import ANALYTIC, MESHES, PARTS
    from specrender.scene.readers.meshes import MESH_LOADERS

    is_mesh_file = issubclass(kind, d.MeshFile) and tag(kind) in MESH_LOADERS
    is_replaced = kind is d.GltfFile  # by compile.expand
    arms = [kind in ANALYTIC, kind in MESHES, kind in PARTS, is_mesh_file, is_replaced]
    assert sum(arms) == 1


@pytest.mark.parametrize("kind", **named(members(d.Camera)))
def test_every_camera_is_in_the_kernel(kind):
    from specrender.kernel.camera import CAMERA_TAGS

    assert tag(kind) in CAMERA_TAGS
    assert len(set(CAMERA_TAGS.values())) == len(CAMERA_TAGS)


@pytest.mark.parametrize("kind", **named(members(d.Texture)))
def test_every_texture_has_a_packer(kind):
    from specrender.scene.compile.textures import PACKERS

    assert kind in PACKERS and set(PACKERS) <= set(members(d.Texture))


@pytest.mark.parametrize("kind", **named(members(d.ReconstructionFilter)))
def test_every_filter_has_a_function(kind):
    from specrender.scene.compile.optics import filter_function

    function, radius = filter_function(kind())
    # they are unsigned distances: highest in the middle, nothing at the end (the box ends in a step)
    middle, end = function(np.array([0.0, radius]))
    assert middle > 0 and radius > 0
    assert kind is d.BoxFilter or abs(end) < 1e-6 * middle


@pytest.mark.parametrize("kind", **named(members(d.Sampler)))
def test_every_sampler_is_in_the_kernel(kind):
    from specrender.scene.compile.optics import SAMPLER_TAGS
    from specrender.scene.overrides import SAMPLERS

    assert kind in SAMPLER_TAGS
    assert SAMPLERS[tag(kind)] is kind


@pytest.mark.parametrize("kind", **named(members(d.Integrator)))
def test_every_integrator_has_an_arm(kind):
    from specrender.kernel.settings import SETTINGS
    from specrender.scene.compile.optics import pack_integrator
    from specrender.scene.overrides import INTEGRATORS
    from specrender.scene.overrides import WRAPPERS as WRAPPING

    is_wrapper = kind in WRAPPING
    assert is_wrapper != (INTEGRATORS.get(tag(kind)) is kind)
    integrator = kind(aovs=["depth"]) if kind is d.AovIntegrator else kind()
    names, tags, wants_moments = pack_integrator(np.zeros(1, SETTINGS)[0], d.Scene(integrator=integrator))
    assert is_wrapper == bool(names or tags or wants_moments)


def test_path_tracers_differ_in_the_kernel():
    from specrender.kernel.settings import SETTINGS
    from specrender.scene.compile.optics import pack_integrator
    from specrender.scene.overrides import INTEGRATORS

    found = set()
    for kind in INTEGRATORS.values():
        record = np.zeros(1, SETTINGS)[0]
        pack_integrator(record, d.Scene(integrator=kind()))
        found.add(int(record["integrator"]))
    assert len(found) == len(INTEGRATORS)


def test_every_layer_is_in_the_kernel():
    from specrender.film import AOVS
    from specrender.kernel.aov import AOV_TAGS

    assert set(AOV_TAGS) == set(AOVS)


def test_mitsuba_reader_knows_the_whole_vocabulary():
    from specrender.scene.readers import xml_plugins, xml_sensor

    tables = {
        d.Material: xml_plugins.BSDFS,
        d.Texture: xml_plugins.TEXTURES,
        d.SceneLight: xml_plugins.EMITTERS,
        d.Emitter: xml_plugins.EMITTERS,
        d.Camera: xml_sensor.SENSORS,
        d.ReconstructionFilter: xml_sensor.FILTERS,
        d.Sampler: xml_sensor.SAMPLERS,
        d.Integrator: xml_sensor.INTEGRATORS,
        d.Film: xml_sensor.FILMS,
    }
    # what Mitsuba does not have
    ours = {"equirectangular", "ies", "spectral_bitmap", "noise", "marble", "wood"}
    for union, table in tables.items():
        assert {tag(kind) for kind in members(union)} - ours <= set(table)
    # a mesh written in place and glTF files have no counterpart in Mitsuba
    assert {tag(kind) for kind in members(d.GroupedShape)} - set(xml_plugins.SHAPES) == {"mesh", "gltf"}
    assert set(members(d.AnyShape)) - set(members(d.GroupedShape)) == {d.Instance}


def test_every_pixel_format_has_options():
    from specrender.writing import COMPONENT_FORMATS, PIXEL_FORMATS

    hints = typing.get_type_hints(d.HdrFilm)
    assert set(typing.get_args(hints["pixel_format"])) == set(PIXEL_FORMATS)
    assert set(typing.get_args(hints["component_format"])) == set(COMPONENT_FORMATS)


def test_flags_and_keywords_are_the_same():
    """What the command line can change in a render, the API can, too, by the same name."""
    import inspect

    from specrender.cli.parser import build_parser
    from specrender.cli.render import OVERRIDES
    from specrender.scene.overrides import overridden

    arguments = vars(build_parser().parse_args(["render", "scene.toml"]))
    from specrender.cli.colour import CHOICES

    files = {"scene", "outputs", "run", "stats", "quiet", "tev", "preview", *CHOICES}
    flags = {"aovs" if name == "aov" else name for name in set(arguments) - files}
    keywords = set(inspect.signature(specrender.render).parameters)
    assert flags == keywords - {"scene_or_path", "spectral_film", "progress", "job"}
    assert {*OVERRIDES, "aovs"} == set(inspect.signature(overridden).parameters) - {"scene"}
    assert set(OVERRIDES) <= set(arguments)


def test_version_is_the_packages():
    import tomllib

    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == specrender.__version__


# ---------------------------------------------------------------- docstrings


@pytest.mark.parametrize("name", [name for name in SOURCES if SOURCES[name].strip()])
def test_every_module_says_what_it_is(name):
    assert ast.get_docstring(TREES[name])
