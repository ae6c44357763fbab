"""Lamps in view: nothing is biased where an outline crosses a pixel, and its error is small."""

import numpy as np
import pytest
from rendering import film, look_at, moved, scene

from specrender.driver import new_film, render_film
from specrender.kernel.jit import kernel
from specrender.kernel.sampler import INDEPENDENT, SOBOL, sample_state, samples, samples_of_part
from specrender.kernel.simd import lane
from specrender.output import OutputOptions, read_image, write_image
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

SIZE = 64
LIGHT = d.AreaLight(radiance=20.0)
CAMERA = d.Perspective(to_world=look_at((0.0, 0.0, 8.0), (0.0, 0.0, 0.0)), fov=30.0)
LAMPS = {
    "rectangle": d.Rectangle(to_world=moved(scale=(0.4, 0.25, 1.0), axis=(0.3, 0.2, 1.0), degrees=25.0), emitter=LIGHT),
    "disk": d.Disk(to_world=moved(scale=0.4, axis=(1.0, 0.5, 0.0), degrees=40.0), emitter=LIGHT),
    "sphere": d.Sphere(center=(0.2, 0.1, 0.3), radius=0.35, emitter=LIGHT),
    "cylinder": d.Cylinder(p0=(-0.3, -0.2, 0.0), p1=(0.4, 0.3, 0.5), radius=0.2, emitter=LIGHT),
    "triangle": d.TriangleMesh(
        vertices=[(-0.4, -0.3, 0.0), (0.5, -0.2, 0.0), (0.0, 0.4, 0.2)], faces=[(0, 1, 2)], emitter=LIGHT
    ),
    "cube": d.Cube(to_world=moved(scale=0.2, axis=(1.0, 1.0, 0.0), degrees=50.0), emitter=LIGHT),
}
#: Hides a corner of each lamp, and reflects a little.
COVER = d.Rectangle(
    to_world=moved(0.25, 0.25, 1.0, scale=(0.15, 0.15, 1.0), axis=(0.0, 0.0, 1.0), degrees=20.0),
    material=d.Diffuse(reflectance=0.5),
)
WALL = d.Rectangle(to_world=moved(z=-1.0, scale=6.0), material=d.Diffuse(reflectance=0.5))


def tables_of(lamp, with_outlines=True, seed=0, **fields):
    fields.setdefault("film", film(SIZE))
    description = scene([lamp, COVER, WALL], camera=CAMERA, **fields)
    tables = compile_scene(description, "spectral", seed=seed)
    if not with_outlines:
        settings = tables.tables.arrays["settings"].copy()
        settings["has_outlines"] = 0
        tables.tables = tables.tables.replaced(settings=settings)
    return tables


def picture(spp, *arguments, **fields):
    tables = tables_of(*arguments, **fields)
    result = new_film(tables)
    render_film(tables, result, spp)
    return result


def is_outlined(lamp, **fields):
    arrays = tables_of(lamp, **fields).tables.arrays
    assert arrays["settings"]["has_outlines"][0] == 1
    return arrays["outlines"].reshape(SIZE, SIZE).astype(bool)


@pytest.mark.parametrize("lamp", LAMPS)
def test_pixels_that_see_both_are_known(lamp):
    """Wherever some camera rays meet the lamp and some do not, and not because the cover is there."""
    shape = LAMPS[lamp]
    tables = compile_scene(scene([shape, WALL], camera=CAMERA, film=film(SIZE), sampler=d.SobolSampler(),
                                 integrator=d.PathIntegrator(max_depth=1)), "spectral")  # fmt: skip
    result = new_film(tables)
    settings = tables.tables.arrays["settings"].copy()
    settings["has_outlines"] = 0
    tables.tables = tables.tables.replaced(settings=settings)
    render_film(tables, result, 256)
    y = result.mean_xyz()[..., 1]
    partly = (y > 0.02 * y.max()) & (y < 0.98 * y.max())
    found = is_outlined(shape)
    assert partly.sum() > 12
    assert not np.any(partly & ~found)
    # and few others: those that an outline only touches
    assert found.sum() < 2.5 * partly.sum()


@pytest.mark.parametrize("integrator", [d.PathIntegrator(max_depth=3), d.DirectIntegrator()])
@pytest.mark.parametrize("rfilter", [d.BoxFilter(), d.GaussianFilter(), d.MitchellFilter(B=1.0, C=0.0)])
@pytest.mark.parametrize("sampler", [d.IndependentSampler(), d.SobolSampler()])
def test_nothing_is_biased(integrator, rfilter, sampler):
    """Pixel by pixel, seeds independent, with and without: the mean of z^2 is what Student's t has."""
    runs, means = 12, []
    fields = {"integrator": integrator, "sampler": sampler, "film": film(SIZE, rfilter=rfilter)}
    lamp = LAMPS["disk"]
    found = is_outlined(lamp, **fields)
    for with_outlines in (True, False):
        pictures = [picture(64, lamp, with_outlines, seed=2 * k + with_outlines, **fields) for k in range(runs)]
        values = np.array([p.mean_xyz()[..., 1] for p in pictures])
        means.append((values.mean(axis=0), values.var(axis=0, ddof=1) / runs))
    (a, var_a), (b, var_b) = means
    # not where few samples meet the lamp: what they add is far from normal
    often = found & (b > 0.05 * b.max())
    z = (a - b)[often] / np.sqrt((var_a + var_b)[often])
    # variance of t with about 20 degrees of freedom: 1.1; four standard errors
    assert abs(z.mean()) < 4.0 / np.sqrt(z.size)
    assert (z**2).mean() < 1.1 + 4.0 * np.sqrt(2.6 / z.size)
    total, error = (a - b)[found].sum(), np.sqrt((var_a + var_b)[found].sum())
    assert abs(total) < 4.0 * error
    assert error < 0.01 * b[found].sum()


def test_error_is_a_fraction():
    """Squared error of 64 Sobol samples along the outline of a lamp, with and without."""
    lamp, fields = LAMPS["rectangle"], {"sampler": d.SobolSampler(), "integrator": d.PathIntegrator(max_depth=2)}
    found = is_outlined(lamp)
    truth = picture(4096, lamp, seed=99, **fields).mean_xyz()
    errors = [
        np.mean([((picture(64, lamp, with_outlines, seed=k, **fields).mean_xyz() - truth)[found] ** 2).mean()
                 for k in range(4)])
        for with_outlines in (True, False)
    ]  # fmt: skip
    assert errors[0] < 0.3 * errors[1]


def test_few_samples_are_not_biased():
    """With one sample a pixel, lamps are as bright as with many."""
    lamp, fields = LAMPS["sphere"], {"sampler": d.SobolSampler(), "integrator": d.PathIntegrator(max_depth=1)}
    found = is_outlined(lamp)
    truth = picture(1024, lamp, False, seed=99, **fields).mean_xyz()[..., 1][found].mean()
    means = [picture(1, lamp, seed=k, **fields).mean_xyz()[..., 1][found].mean() for k in range(40)]
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means) - truth) < 4.0 * error
    assert error < 0.02 * truth


@pytest.mark.parametrize("spp", [1, 5])
def test_alpha_is_that_of_the_colour(spp):
    """A lamp alone: its colour is that of what it covers, whatever the number of samples."""
    description = scene([LAMPS["sphere"]], camera=CAMERA, film=film(SIZE), sampler=d.SobolSampler())
    tables = compile_scene(description, "rgb")
    result = new_film(tables)
    render_film(tables, result, spp)
    y, alpha = result.mean_xyz()[..., 1], result.alpha / result.weight
    assert 0.0 <= alpha.min() and alpha.max() <= 1.0
    assert np.allclose(y, y.max() * alpha, atol=1e-5 * y.max())
    partly = (alpha > 0.0) & (alpha < 1.0)
    assert partly.sum() > 20 and not np.any(partly & ~is_outlined(LAMPS["sphere"]))


def test_alpha_before_a_wall_is_1_at_most(tmp_path):
    """All is covered there: the mean of what the sums hold is 1, and no picture has more."""
    result = picture(4, LAMPS["disk"])
    alpha = result.alpha / result.weight
    assert alpha.max() > 1.01
    assert alpha[is_outlined(LAMPS["disk"])].mean() == pytest.approx(1.0, abs=0.02)
    assert result.mean_alpha().max() == 1.0
    for name in ("a.exr", "a.png"):
        write_image(result, tmp_path / name, OutputOptions(alpha=True))
        written = read_image(tmp_path / name).channels["A"]
        assert written.max() == 1.0 and np.allclose(written, np.minimum(alpha, 1.0), atol=0.51 / 255)


def test_samples_are_the_same_in_parts():
    """Pixels along an outline are rendered in passes as in one go."""
    tables = tables_of(LAMPS["sphere"], sampler=d.SobolSampler())
    whole, parts = new_film(tables), new_film(tables)
    render_film(tables, whole, 12)
    for count in (5, 7):
        render_film(tables, parts, count)
    assert np.array_equal(whole.xyz, parts.xyz)


@pytest.mark.parametrize(
    "fields",
    [
        {"integrator": d.PathIntegrator(hide_emitters=True)},
        {"integrator": d.PathIntegrator(max_depth=0)},
        {"integrator": d.DepthIntegrator()},
        {"film": film(SIZE, rfilter=d.MitchellFilter())},
        {"film": film(SIZE, rfilter=d.LanczosFilter())},
    ],
)
def test_where_they_are_left_alone(fields):
    """Where lamps are not seen, and where the filter has negative weights."""
    tables = tables_of(LAMPS["sphere"], **fields)
    assert tables.tables.arrays["settings"]["has_outlines"][0] == 0


@kernel(entry=True)
def _parts(kind, count, parts, out):
    for i in range(count):
        state = sample_state(kind, np.int32(3), np.int32(11), np.int32(i))
        for k in range(parts):
            u = samples_of_part(state, np.int32(-1), np.int32(k), np.int32(parts))
            for j in range(4):
                out[i, k, j] = lane(u, j)


@kernel(entry=True)
def _whole(kind, count, out):
    for i in range(count):
        u = samples(sample_state(kind, np.int32(3), np.int32(11), np.int32(i)), np.int32(-1))
        for j in range(4):
            out[i, j] = lane(u, j)


def test_parts_are_one_sequence():
    parts, whole = np.zeros((16, 4, 4), np.float32), np.zeros((64, 4), np.float32)
    _parts(SOBOL, 16, 4, parts)
    _whole(SOBOL, 64, whole)
    assert np.array_equal(parts.reshape(64, 4), whole)
    _parts(INDEPENDENT, 16, 4, parts)
    assert len(np.unique(parts)) == parts.size
