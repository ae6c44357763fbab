"""Single functions of the kernel: spectra, textures, random numbers, BSDFs, environments; one thread, ns a call."""

from __future__ import annotations

import typing

import msgspec
import numpy as np

from specrender.bench.case import NS_PER_CALL, Case, Contestant, Context, timed
from specrender.bench.scenes.measured_file import write_measured

#: Inputs of a loop: small enough for the first-level cache beside the tables.
COUNT = 512

#: Wavelengths and random numbers are drawn from this.
SEED = 3

#: Fields that a material requires and whose type does not say what to put in: type -> (folder -> fields).
EXAMPLES = {"measured": lambda folder: {"filename": str(write_measured(folder / "made-up.bsdf"))}}


def cases(context: Context) -> list[Case]:
    """One case for each function."""
    from specrender.kernel.bsdf import KINDS

    found = [Case(f"spectrum.{name}", about, NS_PER_CALL, make) for name, (about, make) in SPECTRA.items()]
    for name in ("independent", "sobol"):
        found.append(Case(f"sampler.{name}", "four random numbers", NS_PER_CALL,
                          lambda context, name=name: _sampler(name)))  # fmt: skip
    for kind in KINDS:
        for query in ("evaluate", "sample"):
            about = "value and density of a pair of directions" if query == "evaluate" else "a direction and its weight"
            found.append(Case(f"bsdf.{kind.name}.{query}", f"{about}, through its material", NS_PER_CALL,
                              lambda context, args=(kind.name, query): _bsdf(context, *args)))  # fmt: skip
    found += [Case(f"texture.{name}", about, NS_PER_CALL, make) for name, (about, make) in _textures().items()]
    for count in LIGHTS:
        found.append(Case(f"light.sample.{count}", f"choosing one of {count} lamps and a direction towards it",
                          NS_PER_CALL, lambda context, count=count: _light(context, count)))  # fmt: skip
    found += [Case(f"envmap.{name}", about, NS_PER_CALL, make) for name, (about, make) in ENVIRONMENT.items()]
    return found


# ---------------------------------------------------------------- inputs


def _random(columns=4):
    return np.random.default_rng(SEED).random((COUNT, columns), dtype=np.float32)


def _wavelengths():
    """(COUNT, 4) nm, a quarter of the range apart, as paths carry them."""
    u = (_random(1) + np.array([0.0, 0.25, 0.5, 0.75])) % 1.0
    return np.ascontiguousarray(360.0 + 470.0 * u, np.float32)


def _directions(seed=SEED, upper=False):
    w = np.zeros((COUNT, 4), np.float32)
    w[:, :3] = np.random.default_rng(seed).normal(size=(COUNT, 3))
    w /= np.linalg.norm(w, axis=1)[:, None]
    if upper:
        w[:, 2] = np.abs(w[:, 2])
    return w


def _alone(work) -> list[Contestant]:
    return [Contestant("specrender", timed(work))]


# ---------------------------------------------------------------- spectra and textures


def _colour_texture(textures, spectrum, role="reflectance", name=None):
    """Contestants that look up a spectrum or texture of the vocabulary."""
    from specrender.bench.kernels.shading import look_up_colours
    from specrender.kernel.settings import LAYOUT
    from specrender.kernel.tables import Tables
    from specrender.kernel.texture import layout
    from specrender.scene import description as d
    from specrender.scene.compile.builder import TableBuilder

    builder = TableBuilder(d.Scene(textures=textures), "spectral", "srgb", (360.0, 830.0))
    texture = builder.spectral(spectrum, role)
    tables = Tables(LAYOUT, {"textures": np.array(builder.textures, layout.DTYPE), "values": builder.pooled_values()})
    wavelengths, inputs = _wavelengths(), _random()

    def work(loops):
        look_up_colours(tables, np.int32(texture), wavelengths, inputs, loops)
        return loops * COUNT

    return _alone(work)


def _irregular():
    from specrender.scene.description import SpectrumSpec

    grid = np.sort(np.random.default_rng(SEED).uniform(360.0, 830.0, 60))
    values = 0.5 + 0.4 * np.sin(0.05 * grid)
    return SpectrumSpec(wavelengths=grid.tolist(), values=values.tolist(), extrapolate="hold")


def _regular(context):
    from specrender.scene.description import SpectrumSpec

    grid = np.arange(360.0, 831.0, 5.0)
    spec = SpectrumSpec(wavelengths=grid.tolist(), values=(0.5 + 0.4 * np.sin(0.05 * grid)).tolist())
    return _colour_texture({}, spec)


def _uplifted(context):
    from specrender.scene.description import SpectrumSpec

    return _colour_texture({}, SpectrumSpec(rgb=(0.7, 0.3, 0.1)))


def _uplift_host(context):
    from specrender.spectra.uplift import reflectance_coefficients

    colours = _random(3).astype(np.float64)

    def work(loops):
        for _ in range(loops):
            reflectance_coefficients(colours)
        return loops * COUNT

    return _alone(work)


def _blackbody(context):
    from specrender.spectra.spectrum import Blackbody

    lamp, grid = Blackbody(3200.0), np.arange(360.0, 831.0)

    def work(loops):
        for _ in range(loops):
            lamp(grid)
        return loops * len(grid)

    return _alone(work)


SPECTRA = {
    "regular": ("four wavelengths in a table of equal steps", _regular),
    "irregular": ("four wavelengths in a table of 60 samples anywhere",
                  lambda context: _colour_texture({}, _irregular())),
    "uplifted": ("an RGB colour as a spectrum at four wavelengths", _uplifted),
    "uplift": ("RGB to coefficients, on the host, a colour", _uplift_host),
    "blackbody": ("Planck's law, on the host, a wavelength", _blackbody),
}  # fmt: skip


def _image(context):
    """A picture file of noise."""

    def make():
        import OpenImageIO as oiio

        path = context.folder / "noise.exr"
        pixels = np.random.default_rng(SEED).random((256, 256, 3), dtype=np.float32)
        image = oiio.ImageBuf(oiio.ImageSpec(256, 256, 3, oiio.FLOAT))
        image.set_pixels(oiio.ROI(), pixels)
        if not image.write(str(path)):
            raise OSError(f"'{path}': {image.geterror()}")
        return path

    return context.once(("image",), make)


def _bitmap(context, **fields):
    from specrender.scene import description as d

    texture = d.Bitmap(filename=str(_image(context)), raw=True, **fields)
    return _colour_texture({"t": texture}, d.SpectrumSpec(texture="t"))


def _pattern(struct):
    """A texture that needs no file, between an RGB colour and a number."""
    from specrender.scene import description as d

    texture = struct(color0=d.SpectrumSpec(rgb=(0.7, 0.3, 0.1)), color1=0.2)
    return _colour_texture({"t": texture}, d.SpectrumSpec(texture="t"))


def _scalar_bitmap(context):
    from specrender.bench.kernels.shading import look_up_scalars
    from specrender.kernel.settings import LAYOUT
    from specrender.kernel.tables import Tables
    from specrender.kernel.texture import layout
    from specrender.scene import description as d
    from specrender.scene.compile.builder import TableBuilder

    textures = {"t": d.Bitmap(filename=str(_image(context)), raw=True)}
    builder = TableBuilder(d.Scene(textures=textures), "spectral", "srgb", (360.0, 830.0))
    texture = builder.scalar(d.TextureRef(texture="t"))
    tables = Tables(LAYOUT, {"textures": np.array(builder.textures, layout.DTYPE), "values": builder.pooled_values()})
    inputs = _random()

    def work(loops):
        look_up_scalars(tables, np.int32(texture), inputs, loops)
        return loops * COUNT

    return _alone(work)


def _textures():
    """name -> (about, maker): images, and whatever the vocabulary makes of two colours."""
    from specrender.scene import description as d

    found = {
        "bitmap": ("a colour image, bilinear, uplifted", _bitmap),
        "nearest": ("a colour image, nearest texel, uplifted", lambda context: _bitmap(context, filter_type="nearest")),
        "scalar": ("a scalar image, bilinear", _scalar_bitmap),
    }
    for struct in typing.get_args(d.Texture):
        if {"color0", "color1"} <= set(struct.__struct_fields__):
            about = "an RGB colour and a number in this pattern"
            found[struct.__struct_config__.tag] = (about, lambda context, struct=struct: _pattern(struct))
    return found


# ---------------------------------------------------------------- random numbers


def _sampler(name):
    from specrender.bench.kernels.shading import draw_numbers
    from specrender.kernel import sampler

    kind, dimensions = np.int32(getattr(sampler, name.upper())), 16

    def work(loops):
        draw_numbers(kind, np.int32(SEED), dimensions, 64 * loops)
        return 64 * loops * dimensions

    return _alone(work)


# ---------------------------------------------------------------- BSDFs


def example_material(struct, folder):
    """A material of a struct of the vocabulary: its defaults, and something sensible where it has none.

    folder : for files that it needs.
    """
    from specrender.scene import description as d

    given = EXAMPLES.get(struct.__struct_config__.tag, lambda folder: {})(folder)
    hints = typing.get_type_hints(struct, vars(d))
    for field in msgspec.structs.fields(struct):
        if field.required and field.name not in given:
            kinds = typing.get_args(hints[field.name]) or (hints[field.name],)
            given[field.name] = d.Diffuse() if d.Diffuse in kinds else 0.5
    return struct(**given)


def _bsdf(context, name, query):
    from specrender.bench.kernels.shading import evaluate_bsdfs, sample_bsdfs
    from specrender.scene import description as d
    from specrender.scene.compile import compile_scene
    from specrender.scene.compile.materials import PACKERS

    struct = next(struct for struct, (kind, _) in PACKERS.items() if kind == name)

    def make():
        return compile_scene(d.Scene(shapes=[d.Sphere(material=example_material(struct, context.folder))]))

    tables = context.once(("bsdf", name), make).tables
    wavelengths, wo, wi, inputs = _wavelengths(), _directions(upper=True), _directions(seed=4), _random()

    def work(loops):
        if query == "evaluate":
            evaluate_bsdfs(tables, np.int32(0), wavelengths, wo, wi, loops)
        else:
            sample_bsdfs(tables, np.int32(0), wavelengths, wo, inputs, loops)
        return loops * COUNT

    return _alone(work)


# ---------------------------------------------------------------- lights

#: Lamps above a floor.
LIGHTS = (10, 1_000, 10_000)


def _light(context, count):
    from specrender.bench.kernels.shading import draw_lights
    from specrender.bench.scenes.xml import lights
    from specrender.scene.compile import compile_scene
    from specrender.scene.readers import load

    def make():
        folder = context.folder / f"lamps-{count}"
        folder.mkdir()
        return compile_scene(load(lights(folder, min(count, 100) if context.quick else count), {}))

    tables = context.once(("lights", count), make).tables
    points = np.zeros((COUNT, 4), np.float32)
    points[:, [0, 2]] = 8.0 * (_random(2) - 0.5)
    normal, wavelengths, inputs = np.array([0, 1, 0, 0], np.float32), _wavelengths(), _random()

    def work(loops):
        draw_lights(tables, points, normal, wavelengths, inputs, loops)
        return loops * COUNT

    return _alone(work)


# ---------------------------------------------------------------- environment maps


def _environment(context, draws):
    from specrender.bench.kernels.shading import draw_environment, look_up_environment
    from specrender.bench.scenes.geometry import write_environment
    from specrender.scene import description as d
    from specrender.scene.compile import compile_scene

    def make():
        path = context.folder / "sky.exr"
        write_environment(path, 512)
        return compile_scene(d.Scene(lights=[d.EnvironmentMap(filename=str(path))]))

    tables = context.once(("environment",), make).tables
    light = np.int32(tables.arrays["settings"]["environment"][0])
    wavelengths, inputs, directions = _wavelengths(), _random(), _directions()

    def work(loops):
        if draws:
            draw_environment(tables, light, wavelengths, inputs, loops)
        else:
            look_up_environment(tables, light, wavelengths, directions, loops)
        return loops * COUNT

    return _alone(work)


ENVIRONMENT = {
    "evaluate": ("radiance and density of a direction, 1024x512 texels", lambda context: _environment(context, False)),
    "sample": ("the same of a direction drawn, 1024x512 texels", lambda context: _environment(context, True)),
}
