"""Makes the two reflectances of scene.toml: equal under D65 for the CIE 1931 observer, and for no other lamp.

    python make_metamers.py

`plain` is a smooth grey-green.  `pair` is `plain` plus a metameric black: a wave in wavelength from which everything is
taken that the three products of D65 and a colour matching function see.  What is printed goes into scene.toml.
"""

import numpy as np

from specrender.spectra import catalogue
from specrender.spectra.wavelengths import cmf, visible

#: Where the tables end [nm]; the observer sees nearly nothing beyond.
GRID = np.arange(380.0, 781.0, 10.0)


def hat_responses() -> np.ndarray:
    """(n, 3) XYZ under D65 of each hat of the piecewise linear tables, so that the match is exact for such tables."""
    hats = np.array([np.interp(visible(), GRID, row) for row in np.eye(len(GRID))])
    # the tables keep their ends outside their range
    hats[0, visible() < GRID[0]] = hats[-1, visible() > GRID[-1]] = 1.0
    return hats @ (catalogue.named("D65")(visible())[:, None] * cmf())


def main() -> None:
    plain = 0.36 + 0.06 * np.exp(-(((GRID - 530.0) / 60.0) ** 2))
    wave = np.cos((GRID - 415.0) / 150.0 * 2.0 * np.pi)
    seen = hat_responses()
    black = wave - seen @ np.linalg.lstsq(seen, wave, rcond=None)[0]
    pair = plain + 0.32 * black / np.abs(black).max()
    assert 0.0 < pair.min() and pair.max() < 1.0
    assert np.allclose(seen.T @ plain, seen.T @ pair, rtol=1e-9)
    for name, values in (("plain", plain), ("pair", pair)):
        print(f"{name}: [{', '.join(f'{v:.6f}' for v in values)}]")


if __name__ == "__main__":
    main()
