"""What must hold in each kind of node, one function a struct; `RULES` lists them.  Called by `scene.validate`."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from specrender.errors import InputError, SceneError, did_you_mean
from specrender.scene import description as d

#: Larger images are typing errors.
MAX_PIXELS = 65536
#: The kernel counts in 32 bits, and computes with float32: sums of emitted light and squares of lengths must fit.
MAX_INT = 2**31 - 1
MAX_EMISSION = 1e30
MAX_LENGTH = 1e18
#: Wavelengths [nm], bins and temperatures [K] beyond which a number is a typing error.
WAVELENGTHS = (100.0, 5000.0)
MAX_BINS = 4096
MAX_TEMPERATURE = 1e6
#: Materials that let light through; `twosided` takes none of them.
TRANSMISSIVE = (d.Dielectric, d.ThinDielectric, d.RoughDielectric, d.Null, d.Mask)


class Place:
    """A node together with how to name it and its fields in messages."""

    def __init__(self, node, path, scene):
        self.node, self.path, self.scene = node, path, scene

    def fail(self, field, message):
        """SceneError for one field, at "file: key.path.field", "file:line" or the path in the Scene."""
        place = d.where(self.node) or self.path
        if field and not re.search(r":\d+$", place):
            place = f"{place}.{field}" if place and not place.endswith(".toml") else f"{place}: {field}".lstrip(": ")
        return SceneError(message, place or None)

    def require(self, condition, field, what):
        """Fail unless `condition`; `what` continues "FIELD must be"."""
        if not condition:
            raise self.fail(field, f"{field} must be {what}, got {shown(getattr(self.node, field))}")

    def positive(self, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(value is None or value > 0, field, "above 0")

    def not_negative(self, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(not isinstance(value, (int, float)) or value >= 0, field, "0 or more")

    def at_most(self, limit, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(not isinstance(value, (int, float)) or value <= limit, field, f"at most {limit}")

    def one_of(self, *fields, least=1):
        """Exactly one of the fields (at most one, if least is 0) is given."""
        given = [field for field in fields if getattr(self.node, field) is not None]
        if len(given) > 1:
            raise self.fail(given[1], f"only one of {', '.join(fields)} can be given, got {' and '.join(given)}")
        if len(given) < least:
            raise self.fail("", f"one of {', '.join(fields)} must be given")


def shown(value):
    """A value for a message, in few characters."""
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def peak(value, scene):
    """The largest number of a Spectrum, times its scale; None where no number is written (names, black bodies)."""
    for _ in scene.spectra:
        if isinstance(value, str) and value in scene.spectra:
            value = scene.spectra[value]
    if isinstance(value, float):
        return value
    if not isinstance(value, d.SpectrumSpec):
        return None
    inner = None
    if value.rgb is not None or value.values is not None:
        inner = max(value.rgb or value.values)
    elif value.name in scene.spectra:
        inner = peak(value.name, scene)
    elif isinstance(scene.textures.get(value.texture), d.Checkerboard):
        board = scene.textures[value.texture]
        inner = max((peak(color, scene) or 0.0 for color in (board.color0, board.color1)), default=None)
    return None if inner is None else inner * value.scale


def _spectrum_spec(p):
    p.one_of("rgb", "blackbody", "name", "values", "file", "texture")
    spec = p.node
    p.not_negative("scale")
    if spec.rgb is not None:
        p.require(min(spec.rgb) >= 0, "rgb", "0 or more")
    if spec.space != "srgb" or spec.rgb is not None:
        _space(p)
    p.positive("blackbody")
    p.require(spec.blackbody is None or spec.blackbody <= MAX_TEMPERATURE, "blackbody", "at most 1e6 kelvin")
    _table(p)
    _file(p, "file")


def _space(p):
    from specrender.color.gamuts import GAMUTS

    if p.node.space not in GAMUTS:
        raise p.fail("space", f"there is no colour space '{p.node.space}'{did_you_mean(p.node.space, GAMUTS)}")


def _table(p):
    """`wavelengths` and `values`: same length, increasing, nothing negative."""
    wavelengths, values = p.node.wavelengths, p.node.values
    if (wavelengths is None) != (values is None):
        raise p.fail("", "wavelengths and values must be given together")
    if values is None:
        return
    if len(wavelengths) != len(values):
        raise p.fail("values", f"values has {len(values)} numbers, wavelengths has {len(wavelengths)}")
    if len(values) < 2:
        raise p.fail("values", "a table needs at least two values")
    for left, right in pairwise(wavelengths):
        if not right > left:
            raise p.fail("wavelengths", f"wavelengths must increase, but {right:g} follows {left:g}")
    p.require(wavelengths[0] > 0, "wavelengths", "above 0")
    p.require(min(values) >= 0, "values", "0 or more")


def _ior_spec(p):
    p.one_of("cauchy", "sellmeier", "values", "file")
    for field, length in (("cauchy", (1, 2, 3)), ("sellmeier", (6,))):
        value = getattr(p.node, field)
        p.require(value is None or len(value) in length, field, f"a list of {' or '.join(map(str, length))} numbers")
    _table(p)
    if p.node.values is not None:
        p.require(min(p.node.values) > 0, "values", "above 0")
    _file(p, "file")


def _indices(p):
    """int_ior and ext_ior: above 0, or the name of a material or of an entry of spectra."""
    from specrender.spectra import catalogue

    known = {name.lower() for name in (*catalogue.names("glass"), *catalogue.names("ior"))}
    for field in ("int_ior", "ext_ior"):
        value = getattr(p.node, field)
        if isinstance(value, float):
            p.require(value > 0, field, "above 0")
        elif isinstance(value, str) and value.lower() not in known and value not in p.scene.spectra:
            names = [*catalogue.names("glass"), *catalogue.names("ior"), *p.scene.spectra]
            hint = did_you_mean(value, names)
            hint = hint if "did you mean" in hint else "; `specrender info --spectra` lists the names"
            raise p.fail(field, f"no material with a refractive index is named '{value}'{hint}")


def _roughness(p):
    p.not_negative("alpha", "alpha_u", "alpha_v")
    p.at_most(1, "alpha", "alpha_u", "alpha_v")
    if p.node.alpha is not None and (p.node.alpha_u is not None or p.node.alpha_v is not None):
        raise p.fail("alpha", "give either alpha or alpha_u and alpha_v")
    if (p.node.alpha_u is None) != (p.node.alpha_v is None):
        missing = "alpha_u" if p.node.alpha_u is None else "alpha_v"
        raise p.fail("", f"alpha_u and alpha_v must be given together; {missing} is missing")


def _rough_dielectric(p):
    _indices(p)
    _roughness(p)


def _conductor(p):
    from specrender.spectra import catalogue

    node = p.node
    if node.material is not None and (node.eta is not None or node.k is not None):
        raise p.fail("material", "give either material or eta and k")
    if (node.eta is None) != (node.k is None):
        raise p.fail("", f"eta and k must be given together; {'eta' if node.eta is None else 'k'} is missing")
    if node.material is not None:
        try:
            catalogue.metal(node.material)
        except InputError as error:
            raise p.fail("material", str(error)) from None


def _rough_conductor(p):
    _conductor(p)
    _roughness(p)


def _rough_plastic(p):
    _indices(p)
    p.not_negative("alpha")
    p.at_most(1, "alpha")


def _two_sided(p):
    for field in ("material", "back"):
        material = getattr(p.node, field)
        while isinstance(material, str):
            material = p.scene.materials[material]
        if isinstance(material, TRANSMISSIVE):
            tag = material.__struct_config__.tag
            raise p.fail(field, f"twosided takes opaque materials only, got {tag}")


def _mask(p):
    opacity = p.node.opacity
    p.require(not isinstance(opacity, float) or 0 <= opacity <= 1, "opacity", "within [0, 1]")


def _file(p, field):
    name = getattr(p.node, field)
    if name is not None and not Path(name).is_file():
        what = "is a directory" if Path(name).is_dir() else "does not exist"
        raise p.fail(field, f"the file '{name}' {what}")


def _filename(p):
    _file(p, "filename")
    if "space" in p.node.__struct_fields__:
        _space(p)


def _light(p):
    p.not_negative("intensity")
    p.require(abs(p.node.exposure) <= 100, "exposure", "within 100 stops of 0")
    factor = p.node.intensity * getattr(p.node, "scale", 1.0)
    for field in ("radiance", "color", "irradiance", "scale"):
        value = getattr(p.node, field, None)
        emitted = None if value is None else factor if field == "scale" else (peak(value, p.scene) or 1.0) * factor
        if emitted is not None and emitted * 2**p.node.exposure > MAX_EMISSION:
            with_what = "intensity and exposure" if field == "scale" else "its scale, intensity and exposure"
            raise p.fail(field, f"{field} with {with_what} is out of range: at most {MAX_EMISSION:g}")


def _spot(p):
    p.require(0 < p.node.cutoff_angle <= 180, "cutoff_angle", "above 0 and at most 180 degrees")
    beam = p.node.beam_width
    p.require(beam is None or 0 <= beam <= p.node.cutoff_angle, "beam_width", "between 0 and cutoff_angle")


def _point(p):
    p.one_of("position", "to_world", least=0)


def _directional(p):
    p.one_of("direction", "to_world", least=0)
    p.require(p.node.direction is None or any(p.node.direction), "direction", "a vector other than zero")


def _envmap(p):
    _filename(p)
    p.not_negative("scale")


def _serialized(p):
    p.not_negative("shape_index")
    p.at_most(MAX_INT, "shape_index")


def _triangle_mesh(p):
    from specrender.scene.readers.meshes import Mesh, checked

    node = p.node
    shapes = {"vertices": 3, "faces": 3, "normals": 3, "uvs": 2}
    arrays = {}
    for field, width in shapes.items():
        value = getattr(node, field)
        if value is None:
            arrays[field] = None
            continue
        array = np.asarray(value, np.int64 if field == "faces" else np.float64)
        if array.size and (array.ndim != 2 or array.shape[1] != width):
            raise p.fail(field, f"{field} must have the shape (n, {width}), got {array.shape}")
        if field in ("normals", "uvs") and len(array) != len(arrays["vertices"]):
            raise p.fail(field, f"{field} has {len(array)} rows, vertices has {len(arrays['vertices'])}")
        arrays[field] = array
    finite = arrays["vertices"][np.isfinite(arrays["vertices"])]
    if finite.size and np.abs(finite).max() > MAX_LENGTH:
        raise p.fail("vertices", f"vertices has a number out of range: at most {MAX_LENGTH:g}")
    try:
        checked(Mesh(arrays["vertices"], arrays["faces"], arrays["normals"], arrays["uvs"]), None)
    except SceneError as error:
        raise p.fail("", error.message) from None


def _sphere(p):
    p.positive("radius")
    block = p.node.to_world.matrix[:3, :3]
    gram = block.T @ block
    if not np.allclose(gram, np.eye(3) * gram[0, 0], rtol=0, atol=1e-4 * abs(gram[0, 0])):
        raise p.fail("to_world", "to_world of a sphere may rotate, move and scale uniformly only")


def _cylinder(p):
    p.positive("radius")
    p.require(tuple(p.node.p0) != tuple(p.node.p1), "p1", "another point than p0")


def _camera(p):
    p.positive("near_clip")
    p.require(p.node.far_clip > p.node.near_clip, "far_clip", "above near_clip")


def _perspective(p):
    p.one_of("fov", "focal_length", least=0)
    fov, focal = p.node.fov, p.node.focal_length
    p.require(fov is None or 0 < fov < 180, "fov", "between 0 and 180 degrees")
    if focal is not None:
        match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(mm)?\s*", focal)
        p.require(match is not None and float(match[1]) > 0, "focal_length", "a length such as '50mm'")
    block = p.node.to_world.matrix[:3, :3]
    if not np.allclose(np.linalg.norm(block, axis=0), 1, atol=1e-3):
        raise p.fail("to_world", "to_world of a perspective camera must not scale")


def _thin_lens(p):
    p.positive("aperture_radius", "focus_distance")


def _filter(*fields):
    return lambda p: p.positive(*fields)


def _film(p):
    film = p.node
    for field in ("width", "height"):
        p.require(0 < getattr(film, field) <= MAX_PIXELS, field, f"between 1 and {MAX_PIXELS} pixels")
    for axis, size in (("x", film.width), ("y", film.height)):
        offset, extent = f"crop_offset_{axis}", "crop_width" if axis == "x" else "crop_height"
        start, length = getattr(film, offset), getattr(film, extent)
        p.require(0 <= start < size, offset, f"between 0 and {size - 1}")
        inside = length is None or 0 < length <= size - start
        p.require(inside, extent, f"between 1 and {size - start}, inside the film")
    if isinstance(film.spectral_bins, int):
        p.positive("spectral_bins")
        p.at_most(MAX_BINS, "spectral_bins")


def _spectral_bins(p):
    p.one_of("count", "width")
    p.positive("count", "width")
    p.at_most(MAX_BINS, "count")
    _range(p)
    span = p.node.lambda_max - p.node.lambda_min
    if p.node.width is not None and span / p.node.width > MAX_BINS:
        raise p.fail("width", f"width must give at most {MAX_BINS} bins, got {shown(p.node.width)} for {span:g} nm")


def _range(p):
    low, high = WAVELENGTHS
    for field in ("lambda_min", "lambda_max"):
        p.require(low <= getattr(p.node, field) <= high, field, f"within {low:g} and {high:g} nm")
    p.require(p.node.lambda_max > p.node.lambda_min, "lambda_max", "above lambda_min")


def _sampler(p):
    p.positive("sample_count")
    p.at_most(MAX_INT, "sample_count")
    p.not_negative("seed")


def _path(p):
    p.require(p.node.max_depth >= -1, "max_depth", "-1 (no limit) or more")
    p.require(p.node.rr_depth > 0, "rr_depth", "above 0")
    p.at_most(MAX_INT, "max_depth", "rr_depth")


def _direct(p):
    node = p.node
    if node.shading_samples is not None and (node.emitter_samples is not None or node.bsdf_samples is not None):
        raise p.fail("shading_samples", "give either shading_samples or emitter_samples and bsdf_samples")
    p.positive("shading_samples")
    p.not_negative("emitter_samples", "bsdf_samples")
    p.at_most(MAX_INT, "shading_samples", "emitter_samples", "bsdf_samples")
    if node.emitter_samples == 0 and node.bsdf_samples == 0:
        raise p.fail("", "emitter_samples and bsdf_samples cannot both be 0")


def _aov(p):
    from specrender.film.aovs import AOVS

    names = [entry.rpartition(":")[0] or entry for entry in p.node.aovs]
    for entry in p.node.aovs:
        kind = entry.rpartition(":")[2].strip()
        if kind not in AOVS:
            raise p.fail("aovs", f"there is no aov '{kind}'{did_you_mean(kind, AOVS)}")
    for name in names:
        if names.count(name) > 1:
            raise p.fail("aovs", f"the aov name '{name}' is used twice")


RULES = {
    d.SpectrumSpec: _spectrum_spec,
    d.IorSpec: _ior_spec,
    d.Bitmap: _filename,
    d.Dielectric: _indices,
    d.ThinDielectric: _indices,
    d.RoughDielectric: _rough_dielectric,
    d.Conductor: _conductor,
    d.RoughConductor: _rough_conductor,
    d.Plastic: _indices,
    d.RoughPlastic: _rough_plastic,
    d.TwoSided: _two_sided,
    d.Mask: _mask,
    d.Light: _light,
    d.PointLight: _point,
    d.SpotLight: _spot,
    d.DirectionalLight: _directional,
    d.EnvironmentMap: _envmap,
    d.MeshFile: _filename,
    d.Serialized: _serialized,
    d.TriangleMesh: _triangle_mesh,
    d.Sphere: _sphere,
    d.Cylinder: _cylinder,
    d.CameraBase: _camera,
    d.Perspective: _perspective,
    d.ThinLens: _thin_lens,
    d.BoxFilter: _filter("radius"),
    d.TentFilter: _filter("radius"),
    d.GaussianFilter: _filter("stddev"),
    d.LanczosFilter: _filter("lobes"),
    d.HdrFilm: _film,
    d.SpectralBins: _spectral_bins,
    d.WavelengthRange: _range,
    d.IndependentSampler: _sampler,
    d.SobolSampler: _sampler,
    d.PathIntegrator: _path,
    d.DirectIntegrator: _direct,
    d.AovIntegrator: _aov,
}
