"""Mitsuba's sensors, films, samplers, filters and integrators as structs, with Mitsuba's defaults."""

from __future__ import annotations

from specrender.errors import SceneError, did_you_mean
from specrender.scene import description as d
from specrender.scene.readers.xml_params import Params

# ---------------------------------------------------------------- integrators


#: Parameters of integrators that only steer how Mitsuba works off an image.
STEERING = ("samples_per_pass", "block_size")


def _shared(p):
    for name in STEERING:
        p.neutral(name, ("integer",))


def _depths(p):
    depth, roulette = p.integer("max_depth", -1), p.integer("rr_depth", 5)
    return {"max_depth": depth, "rr_depth": roulette}


def _path(p: Params):
    _shared(p)
    return d.PathIntegrator(**_depths(p), hide_emitters=p.boolean("hide_emitters", False))


def _direct(p):
    _shared(p)
    if "shading_samples" in p and ("emitter_samples" in p or "bsdf_samples" in p):
        raise p.fail("direct takes either shading_samples or emitter_samples and bsdf_samples", "shading_samples")
    counts = {name: p.integer(name, None) for name in ("shading_samples", "emitter_samples", "bsdf_samples")}
    return d.DirectIntegrator(**counts, hide_emitters=p.boolean("hide_emitters", False))


def _moment(p):
    _shared(p)
    nested = p.child("integrator", "nested integrator")
    if nested is None:
        raise p.fail("moment needs a nested integrator")
    return d.MomentIntegrator(integrator=p.context.integrator(nested))


def _aov(p):
    _shared(p)
    p.required("aovs")
    entries = [entry.strip() for entry in p.string("aovs", "").split(",")]
    for entry in entries:
        if entry.count(":") != 1:
            raise p.fail(f"'{entry}' in aovs is not of the form name:type", "aovs")
    nested = p.child("integrator", "nested integrator")
    return d.AovIntegrator(aovs=entries, integrator=None if nested is None else p.context.integrator(nested))


def _depth(p):
    _shared(p)
    return d.DepthIntegrator()


def _volpath(p):
    """Without media, which are errors of their own, volumetric path tracing is path tracing."""
    p.neutral("use_spectral_mis", ("boolean",))
    return _path(p)


INTEGRATORS = {"path": _path, "volpath": _volpath, "volpathmis": _volpath, "direct": _direct}
INTEGRATORS |= {"depth": _depth, "moment": _moment, "aov": _aov}

# ---------------------------------------------------------------- film and sampler


PIXEL_FORMATS = ("rgb", "rgba", "xyz", "xyza", "luminance", "luminance_alpha")


def _film(plugin, context):
    """The film of a sensor; Mitsuba's default if there is none."""
    if plugin is None:
        return d.HdrFilm()
    build = FILMS.get(plugin.type)
    if build is None:
        later = plugin.type == "ldrfilm"
        what = "is not supported yet" if later else f"does not exist{did_you_mean(plugin.type, FILMS)}"
        raise SceneError(f"the film '{plugin.type}' {what}", plugin.location)
    p = Params(plugin, context)
    p.neutral("sample_border", ("boolean",), (False,))
    shared = {
        "width": p.integer("width", 768),
        "height": p.integer("height", 576),
        "crop_offset_x": p.integer("crop_offset_x", 0),
        "crop_offset_y": p.integer("crop_offset_y", 0),
        "crop_width": p.integer("crop_width", None),
        "crop_height": p.integer("crop_height", None),
        "component_format": p.choice("component_format", ("float16", "float32"), "float16"),
    }
    rfilter = p.child("rfilter", "rfilter")
    if rfilter is not None:
        shared["rfilter"] = _filter(rfilter, context)
    film = build(p, shared)
    p.done()
    film.__dict__["location"] = plugin.location
    return film


def _hdrfilm(p, shared):
    for name in ("banner", "compensate"):
        p.neutral(name, ("boolean",))
    p.choice("file_format", ("openexr",), "openexr")
    return d.HdrFilm(pixel_format=p.choice("pixel_format", PIXEL_FORMATS, "rgb"), **shared)


def _specfilm(p, shared):
    """Every spectrum, whatever its name, is a sensor response."""
    names = [name for name in p.plugin.params if name not in p.asked]
    responses = {name: p.reflectance(name, None) for name in names}
    if not responses:
        raise p.fail("specfilm needs at least one spectrum, the response of a channel")
    return d.SpecFilm(responses=responses, **shared)


FILMS = {"hdrfilm": _hdrfilm, "specfilm": _specfilm}


def _filter(plugin, context):
    build = FILTERS.get(plugin.type)
    if build is None:
        raise SceneError(f"there is no rfilter '{plugin.type}'{did_you_mean(plugin.type, FILTERS)}", plugin.location)
    p = Params(plugin, context)
    node = build(p)
    p.done()
    node.__dict__["location"] = plugin.location
    return node


FILTERS = {
    "box": lambda p: d.BoxFilter(),
    "tent": lambda p: d.TentFilter(radius=p.number("radius", 1.0)),
    "gaussian": lambda p: d.GaussianFilter(stddev=p.number("stddev", 0.5)),
    # Mitsuba's B and C; the struct calls them A and B.
    "mitchell": lambda p: d.MitchellFilter(B=p.number("B", 1 / 3), C=p.number("C", 1 / 3)),
    "catmullrom": lambda p: d.CatmullRomFilter(),
    "lanczos": lambda p: d.LanczosFilter(lobes=p.integer("lobes", 3)),
}

#: Every sampler but `independent` becomes Sobol: better spread, same expectation.
SAMPLERS = {
    "independent": d.IndependentSampler,
    "stratified": d.SobolSampler,
    "multijitter": d.SobolSampler,
    "orthogonal": d.SobolSampler,
    "ldsampler": d.SobolSampler,
    "sobol": d.SobolSampler,
}


def _sampler(plugin, context):
    if plugin is None:
        return d.IndependentSampler(sample_count=4)
    struct = SAMPLERS.get(plugin.type)
    if struct is None:
        raise SceneError(f"there is no sampler '{plugin.type}'{did_you_mean(plugin.type, SAMPLERS)}", plugin.location)
    p = Params(plugin, context)
    if plugin.type != "independent":
        p.neutral("jitter", ("boolean",))
        p.neutral("strength", ("integer",))
    node = struct(sample_count=p.integer("sample_count", 4), seed=p.integer("seed", 0))
    p.done()
    node.__dict__["location"] = plugin.location
    return node


# ---------------------------------------------------------------- sensors


def _shared_by_sensors(p):
    """What every sensor can have: film, sampler and response."""
    film, sampler = p.child("film", "film"), p.child("sampler", "sampler")
    media = p.children("medium")
    if media:
        raise SceneError(f"the medium '{media[0].type}' is not supported yet", media[0].location)
    for name in ("shutter_open", "shutter_close"):
        p.neutral(name, ("float", "integer"))  # nothing moves
    return {
        "film": _film(film, p.context),
        "sampler": _sampler(sampler, p.context),
        "srf": p.reflectance("srf", None),
    }


def _camera(struct):
    def build(p):
        arguments = _shared_by_sensors(p) | {
            "to_world": p.transform(),
            "near_clip": p.number("near_clip", 1e-2),
            "far_clip": p.number("far_clip", 1e4),
        }
        if issubclass(struct, d.Perspective):
            if "fov" in p and "focal_length" in p:
                raise p.fail(f"{p.plugin.type} takes either fov or focal_length", "focal_length")
            arguments |= {
                "fov": p.number("fov", None),
                "focal_length": p.string("focal_length", None),
                "fov_axis": p.choice("fov_axis", ("x", "y", "diagonal", "smaller", "larger"), "x"),
                "principal_point_offset_x": p.number("principal_point_offset_x", 0.0),
                "principal_point_offset_y": p.number("principal_point_offset_y", 0.0),
            }
        if struct is d.ThinLens:
            p.required("aperture_radius")
            arguments["aperture_radius"] = p.number("aperture_radius", None)
            arguments["focus_distance"] = p.number("focus_distance", arguments["far_clip"])
        else:
            p.neutral("focus_distance", ("float", "integer"))  # everything is sharp
        return struct(**arguments)

    return build


def _radiancemeter(p):
    """A to_world comes before origin and direction, which are then ignored: so Mitsuba has it."""
    shared = _shared_by_sensors(p)
    to_world = p.take("to_world", ("transform",), None)
    origin, direction = p.vector("origin", None), p.vector("direction", None)
    if to_world is not None:
        return d.RadianceMeter(to_world=to_world, **shared)
    return d.RadianceMeter(origin=origin, direction=direction, **shared)


def _irradiancemeter(p):
    if p.context.sensor_shape is None:
        raise p.fail("an irradiancemeter belongs inside the shape that it measures")
    return d.IrradianceMeter(shape=p.context.sensor_shape, **_shared_by_sensors(p))


def _distant(p):
    shared = _shared_by_sensors(p)
    if "direction" in p and "to_world" in p:
        raise p.fail("distant takes either direction or to_world", "direction")
    shape = p.child("shape", "target")
    target = p.vector("target", None) if shape is None else p.context.shape(shape)
    return d.Distant(
        to_world=p.take("to_world", ("transform",), None),
        direction=p.vector("direction", None),
        target=target,
        **shared,
    )


def _batch(p):
    shared = _shared_by_sensors(p)
    cameras = [p.context.sensor(plugin) for plugin in p.children("sensor")]
    for camera in cameras:
        # superseded by those of the batch
        camera.film = camera.sampler = None
    return d.Batch(cameras=cameras, **shared)


SENSORS = {
    "perspective": _camera(d.Perspective),
    "thinlens": _camera(d.ThinLens),
    "orthographic": _camera(d.Orthographic),
    "radiancemeter": _radiancemeter,
    "irradiancemeter": _irradiancemeter,
    "distant": _distant,
    "batch": _batch,
}
