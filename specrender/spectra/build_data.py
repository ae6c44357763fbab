"""Rebuild ``data/``: ``python -m specrender.spectra.build_data [--mitsuba-ior DIR] [--refractiveindex DIR] ...``.

Needs colour-science; DIRs are Mitsuba 3's ``data/ior`` and ``database/data-nk`` of refractiveindex.info. Without a DIR
what comes from it stays as it is. Rendering never runs this. Where each table is from: data/SOURCES.md.
"""

import argparse
import csv
import re
import struct
from pathlib import Path

import numpy as np

from specrender.spectra.store import DATA

# Metals from refractiveindex.info: our name -> file below data-nk. Those Mitsuba lacks, or has under "_palik" only.
METALS_REFRACTIVEINDEX = {
    "Co": "main/Co/Johnson",
    "CuZn": "other/alloys/Cu-Zn/Querry-Cu70Zn30",
    "Fe": "main/Fe/Johnson",
    "Ge": "main/Ge/Aspnes",
    "Mg": "main/Mg/Hagemann",
    "Mn": "main/Mn/Johnson",
    "Ni": "main/Ni/Johnson",
    "Pd": "main/Pd/Johnson",
    "Pt": "main/Pt/Rakic-BB",
    "Si": "main/Si/Aspnes",
    "Ti": "main/Ti/Johnson",
    "V": "main/V/Johnson",
}

# What is no Schott glass: our name -> file below data-nk.
DIELECTRICS = {
    "acrylic": "organic/(C5H8O2)n - poly(methyl methacrylate)/Sultanova",
    "air": "other/mixed gases/air/Ciddor",
    "B270": "glass/schott/misc/B270",
    "calcite": "main/CaCO3/Ghosh-o",
    "diamond": "main/C/Peter",
    "fused silica": "main/SiO2/Malitson",
    "ice": "main/H2O/Warren-2008",
    "polycarbonate": "organic/(C16H14O3)n - polycarbonate/Sultanova",
    "polystyrene": "organic/(C8H8)n - polystyren/Sultanova",
    "quartz": "main/SiO2/Ghosh-o",
    "rutile": "main/TiO2/Devore-o",
    "sapphire": "main/Al2O3/Malitson-o",
    "sodium chloride": "main/NaCl/Li",
    "water": "main/H2O/Daimon-20.0C",
}

TABLE_RANGE_NM = (300.0, 900.0)


def save(name: str, tables: dict[str, np.ndarray]) -> None:
    np.savez_compressed(DATA / f"{name}.npz", **tables)


def cie_tables(colour) -> dict[str, np.ndarray]:
    cmf = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    basis = colour.colorimetry.SDS_BASIS_FUNCTIONS_CIE_ILLUMINANT_D_SERIES
    grid = np.arange(300.0, 830.5)
    components = [np.interp(grid, basis[name].wavelengths, basis[name].values) for name in ("S0", "S1", "S2")]
    return {
        "cmf_1931_2deg": np.asarray(cmf.align(colour.SpectralShape(360, 830, 1)).values),
        "daylight": np.column_stack([grid, *components]).round(7),
    }


# Our name -> colour-science's, all published in steps of 1 nm; cone fundamentals are those that CIE 170-1 adopted.
OBSERVERS = {
    "cie1931-2": "CIE 1931 2 Degree Standard Observer",
    "cie1964-10": "CIE 1964 10 Degree Standard Observer",
    "cie2015-2": "CIE 2015 2 Degree Standard Observer",
    "cie2015-10": "CIE 2015 10 Degree Standard Observer",
    "cones-2": "Stockman & Sharpe 2 Degree Cone Fundamentals",
    "cones-10": "Stockman & Sharpe 10 Degree Cone Fundamentals",
}
CAMERAS = {"nikon-5100": "Nikon 5100 (NPL)", "sigma-sdmerill": "Sigma SDMerill (NPL)"}


def observer_tables(colour) -> dict[str, np.ndarray]:
    """Name -> (471, 3) on 360..830 nm, 0 where nothing is published; the 1931 observer is in `cie_tables`."""
    tables = {}
    for name, theirs in OBSERVERS.items():
        functions = colour.MSDS_CMFS[theirs]
        tables[name] = np.zeros((471, 3))
        inside = (functions.wavelengths >= 360) & (functions.wavelengths <= 830)
        rows = functions.wavelengths[inside].astype(int) - 360
        tables[name][rows] = np.nan_to_num(functions.values[inside])
    del tables["cie1931-2"]
    return tables


def camera_tables(colour) -> dict[str, np.ndarray]:
    """Name -> (n, 4) nm, red, green, blue."""
    tables = {}
    for name, theirs in CAMERAS.items():
        published = colour.MSDS_CAMERA_SENSITIVITIES[theirs]
        grid = np.arange(published.wavelengths[0], published.wavelengths[-1] + 0.5)
        channels = [colour.SpragueInterpolator(published.wavelengths, v)(grid) for v in published.values.T]
        tables[name] = np.column_stack([grid, *(np.maximum(channel, 0.0).round(8) for channel in channels)])
    return tables


def test_colour_tables(colour) -> dict[str, np.ndarray]:
    """The 14 test colours of CIE 13.3: (14, 81), 380 to 780 nm in steps of 5 nm, as published."""
    samples = colour.quality.datasets.SDS_TCS["CIE 1995"]
    grid = np.arange(380, 781, 5)
    tables = [np.asarray(sd[grid]) for sd in list(samples.values())[:14]]
    return {"cie1995": np.stack(tables).round(7)}


def one_nm(sd, colour) -> np.ndarray:
    """(n, 2) nm and value, by Sprague's method; by straight lines if that falls below 0 beside the lines of a lamp.

    Published chromaticities are met to 6e-5 by Sprague's method and to 2.7e-4 by straight lines; clipping the overshoot
    at 0 would shift FL3.4 by 2.5e-3.
    """
    grid = np.arange(sd.wavelengths[0], sd.wavelengths[-1] + 0.5)
    values = colour.SpragueInterpolator(sd.wavelengths, sd.values)(grid)
    if values.min() < -2e-4 * values.max():
        values = np.interp(grid, sd.wavelengths, sd.values)
    return np.column_stack([grid, np.maximum(values, 0.0).round(7)])


def daylight(sd, kelvin: float, colour) -> np.ndarray:
    """A CIE D illuminant 300..830 nm: CIE 15 joins the published 5 nm values by straight lines.

    colour's tables end at 780 nm; what follows is computed from the components of daylight, as CIE 15 does.
    """
    xy = colour.temperature.CCT_to_xy_CIE_D(kelvin * 1.4388 / 1.4380)
    whole = colour.sd_CIE_illuminant_D_series(xy)
    values = np.where(whole.wavelengths <= sd.wavelengths[-1], np.nan, whole.values)
    values[np.isnan(values)] = sd.values
    grid = np.arange(300.0, 830.5)
    return np.column_stack([grid, np.interp(grid, whole.wavelengths, values).round(7)])


def illuminant_a() -> np.ndarray:
    """CIE illuminant A 300..830 nm by its defining formula (ISO 11664-2)."""
    nm = np.arange(300.0, 830.5)
    values = 100 * (560 / nm) ** 5 * np.expm1(1.435e7 / (2848 * 560)) / np.expm1(1.435e7 / (2848 * nm))
    return np.column_stack([nm, values.round(7)])


def illuminant_tables(colour) -> dict[str, np.ndarray]:
    special = {"D50": 5000, "D55": 5500, "D60": 6000, "D65": 6500, "D75": 7500}
    tables = {}
    for name, sd in colour.SDS_ILLUMINANTS.items():
        if name.startswith("ISO 7589"):
            continue
        if name in special:
            tables[name] = daylight(sd, special[name], colour)
        elif name == "A":
            tables[name] = illuminant_a()
        elif name == "E":
            tables[name] = np.array([[300.0, 100.0], [830.0, 100.0]])
        else:
            tables[name] = one_nm(sd, colour)
    return tables


def colorchecker_tables(colour) -> dict[str, np.ndarray]:
    return {name: one_nm(sd, colour) for name, sd in colour.SDS_COLOURCHECKERS["BabelColor Average"].items()}


def read_spd(path: Path) -> np.ndarray:
    return np.loadtxt(path, comments="#")


def clip_range(table: np.ndarray) -> np.ndarray:
    """The rows around `TABLE_RANGE_NM`, with one neighbour beyond each end so that interpolation reaches it."""
    low = max(np.searchsorted(table[:, 0], TABLE_RANGE_NM[0], side="right") - 1, 0)
    high = np.searchsorted(table[:, 0], TABLE_RANGE_NM[1]) + 1
    return table[low:high]


def mitsuba_metals(folder: Path) -> dict[str, np.ndarray]:
    """Name -> (n, 3) nm, eta, k. A "_palik" file that repeats the plain one is left out (the catalogue has aliases)."""
    tables = {}
    for path in sorted(folder.glob("*.eta.spd")):
        name = path.name.removesuffix(".eta.spd")
        eta, k = read_spd(path), read_spd(path.with_name(f"{name}.k.spd"))
        if not np.array_equal(eta[:, 0], k[:, 0]):
            raise ValueError(f"{path}: eta and k lie on different wavelengths")
        tables[name] = np.column_stack([eta, k[:, 1]])
    return {
        name: table
        for name, table in tables.items()
        if not (name.endswith("_palik") and np.array_equal(table, tables.get(name.removesuffix("_palik"))))
    }


def field(text: str, key: str) -> str:
    match = re.search(rf'^{key}: "(.*?)"$', text, re.MULTILINE | re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", match.group(1).replace('\\"', '"'))).strip() if match else ""


def rows(text: str, kind: str) -> np.ndarray | None:
    """The numbers of a block of a refractiveindex.info file, wavelengths turned to nm."""
    match = re.search(rf"type: {kind}\s*\n\s+data: \|\n((?:\s+[-+0-9.eE]+(?: +[-+0-9.eE]+)+\s*\n)+)", text)
    if match is None:
        return None
    table = np.array([[float(v) for v in line.split()] for line in match.group(1).strip().splitlines()])
    table[:, 0] *= 1000.0
    return table


def refractiveindex_metal(path: Path) -> np.ndarray:
    table = clip_range(rows(path.read_text(encoding="utf-8"), "tabulated nk"))
    table[:, 0] = table[:, 0].round(4)
    return table


def dispersion(text: str) -> tuple[str, list[float]]:
    """(form, coefficients) in the terms of `specrender.spectra.refraction` from a refractiveindex.info file."""
    match = re.search(r"type: formula (\d)\s*\n\s+wavelength_range: .*\n\s+coefficients: (.*)", text)
    if match is None:
        table = rows(text, "tabulated n")
        table = clip_range(rows(text, "tabulated nk") if table is None else table)
        return "tabulated", [float(f"{v:.6g}") for v in table[:, :2].ravel()]
    formula, c = int(match.group(1)), [float(v) for v in match.group(2).split()]
    if formula in (1, 2):  # n^2 = 1 + c0 + sum B l^2 / (l^2 - C), C given as its root in formula 1
        terms = [(b, root**2 if formula == 1 else root) for b, root in zip(c[1::2], c[2::2], strict=True)]
        return "sellmeier", [float(f"{v:.12g}") for v in (1.0 + c[0], *(v for term in terms for v in term))]
    if formula == 4 and c[2] == 0 and c[4] == 1 and not any(c[5:8]):  # n^2 = c0 + c1 / (l^2 - c3)
        b = c[1] / c[3]
        return "sellmeier", [float(f"{v:.12g}") for v in (c[0] - b, b, c[3])]
    if formula == 6:
        return "gas", c[1:]
    raise ValueError(f"formula {formula} with {c} is not supported")


def glass_rows(folder: Path) -> list[list]:
    files = {path.stem: path for path in sorted((folder / "glass/schott").glob("*.yml"))}
    files |= {name: folder / f"{path}.yml" for name, path in DIELECTRICS.items()}
    table = []
    for name, path in files.items():
        text = path.read_text(encoding="utf-8")
        try:
            form, coefficients = dispersion(text)
        except ValueError as reason:
            print(f"left out {name}: {reason}")
            continue
        nd, vd = (re.search(rf"^\s+{key}: ([0-9.]+)", text, re.MULTILINE) for key in ("nd", "Vd"))
        if vd and float(vd.group(1)) < 10.0:
            vd = None  # four rows have it ten times too small
        source = field(text, "REFERENCES")
        if path.parent.name == "schott":
            source = re.split(r" \(obtained| ?See also", source)[0]
        else:
            source = re.split(r" ?\[| ?\(fit|2\) [A-Z]| and references| ?Optical constants available", source)[0]
            source = source.removeprefix("1) ")
        table.append(
            [name, form, " ".join(f"{v:.12g}" for v in coefficients)]
            + [m.group(1) if m else "" for m in (nd, vd)]
            + [source.strip()]
        )
    return table


def sky_tables(path: Path) -> dict[str, np.ndarray]:
    """Tables of the Hosek-Wilkie model from Mitsuba's sunsky_datasets.bin, a "tensor file" of named arrays."""
    data = path.read_bytes()
    if data[:12] != b"tensor_file\0":
        raise SystemExit(f"{path} is no tensor file")
    (count,) = struct.unpack_from("<I", data, 14)
    at, found = 18, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        dimensions, kind, offset = struct.unpack_from("<HBQ", data, at)
        shape = struct.unpack_from(f"<{dimensions}Q", data, at + 11)
        at += 11 + 8 * dimensions
        if kind == 11:  # float64
            found[name] = np.frombuffer(data, np.float64, int(np.prod(shape)), offset).reshape(shape)
    return {
        "parameters": found["sky_params_spec"].astype(np.float32),
        "radiance": found["sky_rad_spec"].astype(np.float32),
        "sun": found["sun_rad_spec"],
        "limb_darkening": found["sun_ld_spec"].astype(np.float32),
    }


def main() -> None:
    import colour

    parser = argparse.ArgumentParser(description="Rebuild the spectral data shipped with specrender.")
    parser.add_argument("--mitsuba-ior", type=Path, help="Mitsuba 3's data/ior")
    parser.add_argument("--mitsuba-sunsky", type=Path, help="Mitsuba 3's data/sunsky/sunsky_datasets.bin")
    parser.add_argument("--refractiveindex", type=Path, help="database/data-nk of refractiveindex.info")
    options = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    save("cie", cie_tables(colour))
    save("test_colours", test_colour_tables(colour))
    save("observers", observer_tables(colour))
    save("cameras", camera_tables(colour))
    save("illuminants", illuminant_tables(colour))
    save("colorchecker", colorchecker_tables(colour))
    if options.mitsuba_sunsky:
        save("sky", sky_tables(options.mitsuba_sunsky))
    if options.mitsuba_ior and options.refractiveindex:
        metals = mitsuba_metals(options.mitsuba_ior)
        for name, path in METALS_REFRACTIVEINDEX.items():
            metals[name] = refractiveindex_metal(options.refractiveindex / f"{path}.yml")
        save("metals", metals)
    if options.refractiveindex:
        with open(DATA / "glasses.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["name", "form", "coefficients", "nd", "vd", "source"])
            writer.writerows(glass_rows(options.refractiveindex))


if __name__ == "__main__":
    main()
