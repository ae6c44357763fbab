"""Write narrow.ies, wide.ies and wallwasher.ies: `python make_luminaires.py`.

Three made-up luminaires of 800 lumens, in the format that the makers of real ones give out (LM-63-2002, type C).
"""

from pathlib import Path

import numpy as np

LUMENS = 800.0
VERTICAL = np.arange(0.0, 90.1, 2.5)  # degrees from straight down


def narrow(vertical, horizontal):
    """A spot: half of its peak at 11 degrees."""
    return np.exp2(-((vertical / 11.0) ** 2)) + 0.01 * np.cos(np.radians(vertical))


def wide(vertical, horizontal):
    """The same light on every part of a floor, out to an edge at 45 degrees."""
    edge = 1.0 / (1.0 + np.exp((vertical - 45.0) / 2.0))
    return np.minimum(1.0 / np.cos(np.radians(np.minimum(vertical, 60.0))) ** 3, 3.0) * edge


def wallwasher(vertical, horizontal):
    """The same light on a wall 0.6 m away towards 0 degrees, from its foot up; half as much 0.7 m to either side."""
    theta, phi = np.radians(vertical), np.radians(horizontal)
    distance = 0.6 / np.maximum(np.sin(theta) * np.cos(phi), 0.6 / 2.8)
    edge = 1.0 / (1.0 + np.exp((vertical - 68.0) / 4.0))
    aside = np.exp2(-np.square(0.6 / 0.7 * np.tan(phi))) if horizontal < 90.0 else 0.0
    return aside * edge * distance**3 + 0.5 * np.cos(theta)


def lumens(candela, horizontal):
    """Flux of candelas (m, n) over the lower half space, by the trapezoidal rule in both angles."""
    rows = np.trapezoid(candela * np.sin(np.radians(VERTICAL)), np.radians(VERTICAL), axis=1)
    if len(horizontal) == 1:
        return 2.0 * np.pi * rows[0]
    return np.trapezoid(rows, np.radians(horizontal)) * 360.0 / (horizontal[-1] - horizontal[0])


def write(name, shape, horizontal):
    """One file; horizontal angles from 0 to 0 (the same all around) or to 180 (both sides alike)."""
    candela = np.array([shape(VERTICAL, phi) for phi in horizontal])
    candela *= LUMENS / lumens(candela, horizontal)
    rows = [VERTICAL, horizontal, *candela]
    lines = ["IESNA:LM-63-2002", f"[LUMINAIRE] {name}, made up for this scene", "TILT=NONE"]
    lines += [f"1 {LUMENS:g} 1 {len(VERTICAL)} {len(horizontal)} 1 2 0.1 0.1 0", "1 1 10"]
    lines += [" ".join(f"{value:.5g}" for value in row) for row in rows]
    (Path(__file__).parent / f"{name}.ies").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    write("narrow", narrow, np.array([0.0]))
    write("wide", wide, np.array([0.0]))
    write("wallwasher", wallwasher, np.arange(0.0, 180.1, 15.0))
