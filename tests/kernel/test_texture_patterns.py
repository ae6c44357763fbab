"""noise, marble and wood against a twin in NumPy; raw images and gradients of scalar ones."""

import numpy as np
import pytest
from test_texture import HEIGHT, WIDTH, Textures, coordinates, lookup, path, pixels  # noqa: F401 (fixtures)

from specrender.errors import SceneError
from specrender.kernel.jit import kernel
from specrender.kernel.settings import LAYOUT
from specrender.kernel.simd import f32, lane, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import Tables
from specrender.kernel.texture import evaluate_gradient, evaluate_raw, layout
from specrender.scene import description as d

MASK = 0xFFFFFFFF


def corner_gradient(ix, iy, seed, x, y):
    """One of eight vectors of length sqrt(2) by a hash, times (x, y)."""
    h = (ix * 0x8DA6B343 + iy * 0xD8163841 + seed * 0xCB1AB31F) & MASK
    h ^= h >> 16
    h = (h * 0x7FEB352D) & MASK
    h ^= h >> 15
    h = (h * 0x846CA68B) & MASK
    h ^= h >> 16
    if h & 4:
        vector = [np.sqrt(2.0), 0.0] if h & 1 else [0.0, np.sqrt(2.0)]
        return (1 if h & 2 else -1) * np.dot(vector, [x, y])
    return (x if h & 1 else -x) + (y if h & 2 else -y)


def noise(x, y, seed):
    ix, iy = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - ix, y - iy
    wx, wy = (t**3 * (t * (6 * t - 15) + 10) for t in (fx, fy))
    corners = [[corner_gradient(ix + i, iy + j, seed, fx - i, fy - j) for i in (0, 1)] for j in (0, 1)]
    rows = [row[0] + wx * (row[1] - row[0]) for row in corners]
    return rows[0] + wy * (rows[1] - rows[0])


def octaves(texture, u, v, shape=lambda n: n):
    total = norm = 0.0
    for k in range(texture.octaves):
        total += texture.roughness**k * shape(noise(u * 2.0**k, v * 2.0**k, texture.seed + k))
        norm += texture.roughness**k
    return total / norm


def share(texture, u, v):
    """The twin of `mixing`."""
    if isinstance(texture, d.Noise):
        return 0.5 + 0.5 * octaves(texture, u, v)
    if isinstance(texture, d.Marble):
        return 0.5 + 0.5 * np.sin(2.0 * np.pi * (u + texture.distortion * octaves(texture, u, v, abs)))
    radius = np.hypot(u, v) + texture.distortion * octaves(texture, u, v)
    ring = radius - np.floor(radius)
    return min(ring / 0.85, (1.0 - ring) / 0.15)


PATTERNS = [
    d.Noise(octaves=1, seed=3),
    d.Noise(octaves=5, roughness=0.7),
    d.Marble(octaves=3, distortion=0.6, seed=11),
    d.Wood(octaves=2, distortion=0.4),
]


@pytest.mark.parametrize("texture", PATTERNS, ids=lambda t: type(t).__name__)
def test_patterns(texture):
    texture.color0, texture.color1 = 0.1, 0.9
    textures = Textures({"t": texture})
    uv = np.float32(np.random.default_rng(1).uniform(-6.0, 6.0, (300, 2)))
    expected = np.array([0.1 + 0.8 * share(texture, float(u), float(v)) for u, v in uv])
    found = textures(textures.builder.named_texture("t", "scalar", d.Scene()), uv, scalar=True)
    assert np.abs(found - expected).max() < 2e-4
    colours = textures(textures.builder.named_texture("t", "reflectance", d.Scene()), uv)
    assert np.abs(colours - expected[:, None]).max() < 2e-4
    assert np.ptp(found) > 0.3  # there is something to see


def test_patterns_differ_by_seed_and_stay_within_their_colours():
    uv = np.random.default_rng(2).uniform(-300.0, 300.0, (20000, 2))
    found = []
    for seed in (0, 1):
        textures = Textures({"t": d.Noise(seed=seed, octaves=1)})
        found.append(textures(textures.builder.named_texture("t", "scalar", d.Scene()), uv, scalar=True))
    assert not np.allclose(*found)
    for values in found:
        assert values.min() >= 0.2 and values.max() <= 0.8
        assert abs(values.mean() - 0.5) < 0.01


@pytest.mark.parametrize("texture", PATTERNS, ids=lambda t: type(t).__name__)
def test_far_and_undefined_coordinates_of_patterns(texture):
    textures = Textures({"t": texture})
    uv = [[1e9, -1e9], [3e38, -3e38], [1e6, 1e6], [-1e-9, 0.0]]
    found = textures(textures.builder.named_texture("t", "scalar", d.Scene()), uv, scalar=True)
    assert np.isfinite(found).all()


def test_patterns_mix_images_but_not_patterns(path, pixels):  # noqa: F811
    inner = d.SpectrumSpec(texture="image")
    textures = Textures(
        {
            "image": d.Bitmap(filename=path, raw=True),
            "mix": d.Noise(color0=inner, color1=0.0),
            "board": d.Checkerboard(color0=d.SpectrumSpec(texture="mix"), color1=0.25),
            "bad": d.Wood(color0=d.SpectrumSpec(texture="board")),
        },
        "rgb",
    )
    uv = coordinates("bilinear")
    noise_share = np.array([share(d.Noise(), *(float(x) for x in np.float32(p))) for p in uv])[:, None]
    expected = lookup(pixels, uv, "bilinear", "repeat") * (1.0 - noise_share)
    found = textures(textures.builder.named_texture("mix", "reflectance", d.Scene()), uv)[:, :3]
    assert np.abs(found - expected).max() < 2e-4
    # a checkerboard chooses between whole textures
    u, v = (np.float32(uv) % 1.0).T
    first = (u > 0.5) == (v > 0.5)
    from_middle = np.abs(np.stack([u, v]) - 0.5)
    keep = np.all((from_middle > 1e-3) & (from_middle < 0.499), axis=0)
    board = textures(textures.builder.named_texture("board", "reflectance", d.Scene()), uv)[:, :3]
    assert np.abs(np.where(first[:, None], expected, 0.25) - board)[keep].max() < 2e-4
    with pytest.raises(SceneError, match="not checkerboards"):
        textures.builder.named_texture("bad", "reflectance", d.Scene())


@kernel(entry=True)
def _numbers(tables, texture, uv, result):
    for i in range(uv.shape[0]):
        surface = surface_point(vec4(uv[i, 0], uv[i, 1], f32(0.0), f32(0.0)), np.int32(0))
        if result.shape[1] == 3:
            value = evaluate_raw(tables, texture, surface)
            for k in range(3):
                result[i, k] = lane(value, k)
        else:
            result[i, 0], result[i, 1] = evaluate_gradient(tables, texture, surface)


def numbers(textures, texture, uv, width):
    arrays = {
        "textures": np.array(textures.builder.textures, layout.DTYPE),
        "values": textures.builder.pooled_values(),
    }
    uv = np.ascontiguousarray(uv, np.float32)
    result = np.zeros((len(uv), width), np.float32)
    _numbers(Tables(LAYOUT, arrays), np.int32(texture), uv, result)
    return result


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
def test_raw_images_are_numbers_in_both_modes(path, pixels, mode):  # noqa: F811
    textures = Textures({"t": d.Bitmap(filename=path, raw=True, wrap_mode="mirror")}, mode)
    uv = coordinates("bilinear")
    found = numbers(textures, textures.builder.named_texture("t", "raw", d.Scene()), uv, 3)
    assert np.abs(found - lookup(pixels, uv, "bilinear", "mirror")).max() < 2e-5


def test_gradient_of_a_scalar_image(path, pixels):  # noqa: F811
    """Against differences of the twin, through a to_uv that turns, stretches and shears."""
    matrix = np.eye(4)
    matrix[:2, :2], matrix[:2, 3] = [[0.7, -0.4], [0.9, 1.3]], [0.2, -0.1]
    textures = Textures({"t": d.Bitmap(filename=path, raw=True, to_uv=d.Transform(matrix))}, "rgb")
    grey = pixels @ np.array([0.212671, 0.715160, 0.072169], np.float32)
    uv = np.random.default_rng(8).uniform(-1.0, 2.0, (400, 2))

    def value(points):
        return lookup(grey, points @ matrix[:2, :2].T + matrix[:2, 3], "bilinear", "repeat")

    step = 1e-3
    expected = np.stack(
        [(value(uv + offset) - value(uv - offset)) / (2.0 * step) for offset in np.eye(2) * step], axis=1
    )
    texel = (uv @ matrix[:2, :2].T + matrix[:2, 3]) * [WIDTH, HEIGHT] - 0.5
    inside = np.all(np.abs(texel % 1.0 - 0.5) < 0.48, axis=1)  # the gradient jumps between texels
    found = numbers(textures, textures.builder.named_texture("t", "scalar", d.Scene()), uv, 2)
    assert inside.sum() > 200
    assert np.abs(found - expected)[inside].max() < 5e-3
    flat = Textures({"t": d.Bitmap(filename=path, raw=True, filter_type="nearest")}, "rgb")
    assert np.isfinite(numbers(flat, flat.builder.named_texture("t", "scalar", d.Scene()), uv, 2)).all()
