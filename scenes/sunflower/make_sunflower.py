"""Writes seeds.npy and petals.npy: where each instance of the seed and of the petal stands.

    python make_sunflower.py

Each file is one float32 array (n, 3, 4): a to_world matrix an instance, the first three columns its x, y and z axes,
the last one its place. Seed k of n stands at the golden angle times k, at a radius of sqrt(k / n) [Vogel1979].

[Vogel1979] H. Vogel, A better way to construct the sunflower head, Mathematical Biosciences 44, 179-189.
"""

from pathlib import Path

import numpy as np

SEEDS = 2400
PETALS = (34, 55)  # in the outer and in the inner ring: neighbours in Fibonacci's sequence, as the spirals of seeds are
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
DOME = 0.22  # height of the middle over the rim


def frames(outward, up, places, sizes):
    """(n, 3, 4) matrices: x along `outward`, z along `up`, both (n, 3) unit vectors; `sizes` (n, 3) along the axes."""
    axes = np.stack([outward, np.cross(up, outward), up], axis=2)
    return np.concatenate([axes * sizes[:, None, :], places[:, :, None]], axis=2).astype(np.float32)


def around(angle, radial, height):
    """(n, 3) vectors with these parts along the radius and along z."""
    return np.stack([radial * np.cos(angle), radial * np.sin(angle), height + 0.0 * angle], axis=1)


def seeds():
    """The seeds, across a dome of radius 1 and normal to it; those in the middle are younger and smaller."""
    k = np.arange(SEEDS) + 0.5
    angle, radius = GOLDEN_ANGLE * k, np.sqrt(k / SEEDS)
    slope = np.arctan(2.0 * DOME * radius)
    places = around(angle, radius, DOME * (1.0 - radius**2))
    spacing = np.sqrt(np.pi / SEEDS) * (0.8 + 0.2 * radius)
    sizes = spacing[:, None] * (0.62, 0.4, 0.7)
    outward, up = around(angle, np.cos(slope), -np.sin(slope)), around(angle, np.sin(slope), np.cos(slope))
    return frames(outward, up, places, sizes)


def petals(rng):
    """Two rings of petals, each a little out of its place, the inner one more upright."""
    parts = []
    for count, lift, length in zip(PETALS, (0.05, 0.3), (1.0, 0.8), strict=True):
        angle = 2.0 * np.pi * (np.arange(count) + 0.35 * rng.uniform(-1, 1, count)) / count
        rise = lift + 0.15 * rng.uniform(-1, 1, count)
        outward, up = around(angle, np.cos(rise), np.sin(rise)), around(angle, -np.sin(rise), np.cos(rise))
        sizes = (length * rng.uniform(0.85, 1.1, count))[:, None] * (1.0, 0.8, 1.0)
        parts.append(frames(outward, up, around(angle, 0.96, 0.02 * lift), sizes))
    return np.concatenate(parts)


def main():
    here = Path(__file__).parent
    np.save(here / "seeds.npy", seeds())
    np.save(here / "petals.npy", petals(np.random.default_rng(1979)))


if __name__ == "__main__":
    main()
