"""Spectra and refractive indices by name: illuminants, lamps, colour patches, metals, glasses. Case does not matter.

Kinds and what they are called with: ``illuminant`` and ``patch`` (`named`), ``metal`` (`metal`), ``glass`` (`glass`,
which has water, diamond and other clear materials too) and ``ior`` (`scalar_ior`, Mitsuba 3's single numbers).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np

from specrender.errors import InputError, did_you_mean, nearest
from specrender.spectra import store
from specrender.spectra.refraction import Gas, RefractiveIndex, Sellmeier, SellmeierSum, TabulatedIndex
from specrender.spectra.spectrum import Spectrum, Tabulated, Uniform

KINDS = ("illuminant", "patch", "metal", "glass", "ior")

#: Where all names are.
LISTED = "`specrender info --spectra` lists the names"

# Patches are asked for as "ColorChecker/dark skin".
PATCH_PREFIX = "ColorChecker/"

# Mitsuba 3's named scalar indices (include/mitsuba/render/ior.h, which has them from Hecht, Optics, and others):
# near 589 nm, 0 to 20 degrees Celsius.
SCALAR_IOR = {
    "vacuum": 1.0,
    "helium": 1.000036,
    "hydrogen": 1.000132,
    "air": 1.000277,
    "carbon dioxide": 1.00045,
    "water": 1.3330,
    "acetone": 1.36,
    "ethanol": 1.361,
    "carbon tetrachloride": 1.461,
    "glycerol": 1.4729,
    "benzene": 1.501,
    "silicone oil": 1.52045,
    "bromine": 1.661,
    "water ice": 1.31,
    "fused quartz": 1.458,
    "pyrex": 1.470,
    "acrylic glass": 1.49,
    "polypropylene": 1.49,
    "bk7": 1.5046,
    "sodium chloride": 1.544,
    "amber": 1.55,
    "pet": 1.5750,
    "diamond": 2.419,
}

# Where Mitsuba's files repeat each other, or have only Palik's table of a metal.
METAL_ALIASES = {
    "Na": "Na_palik",
    "brass": "CuZn",
    "silver": "Ag",
    "aluminium": "Al",
    "aluminum": "Al",
    "gold": "Au",
    "copper": "Cu",
    "chromium": "Cr",
    "iron": "Fe",
    "nickel": "Ni",
    "platinum": "Pt",
    "titanium": "Ti",
    "tungsten": "W",
    "mercury": "Hg",
}
PALIK_REPEATS = (
    "AlAs AlSb Be CsI Cu2O CuO HgTe Hg Ir K Li MgO Mo Nb Rh Se-e Se SiC SnTe Ta Te-e Te ThF4 TiC TiN TiO2-e TiO2 "
    "VC VN d-C"
).split()

# The lead-free successors keep index and Abbe number of these classics, whose own figures Schott no longer lists.
# SF11 and the like are listed and therefore not here: N-SF11 is another glass.
GLASS_ALIASES = {
    "BK7": "N-BK7",
    "BAF10": "N-BAF10",
    "BAK1": "N-BAK1",
    "BAK4": "N-BAK4",
    "FK51A": "N-FK51A",
    "K5": "N-K5",
    "LAK22": "N-LAK22",
    "LASF9": "N-LASF9",
    "PK52A": "N-PK52A",
    "SK16": "N-SK16",
    "SSK8": "N-SSK8",
    "fused quartz": "fused silica",
    "silica": "fused silica",
    "acrylic glass": "acrylic",
    "PMMA": "acrylic",
    "salt": "sodium chloride",
    "water ice": "ice",
}


@dataclass(frozen=True)
class GlassRecord:
    """A row of data/glasses.csv: the index, what the maker states (nan if nothing), and where it is from."""

    name: str
    index: RefractiveIndex
    nd: float
    abbe_number: float
    source: str


def names(kind: str) -> list[str]:
    """The names of one of `KINDS` as they are usually written, aliases included; InputError for another kind."""
    if kind == "illuminant":
        return store.members("illuminants")
    if kind == "patch":
        return [PATCH_PREFIX + name for name in store.members("colorchecker")]
    if kind == "metal":
        repeats = [f"{name}_palik" for name in PALIK_REPEATS]
        return ["none", *store.members("metals"), *repeats, *METAL_ALIASES]
    if kind == "glass":
        return [*_glass_rows(), *GLASS_ALIASES]
    if kind == "ior":
        return list(SCALAR_IOR)
    raise InputError(f"there is no kind of data named {kind!r}{did_you_mean(kind, KINDS)}")


def named(name: str) -> Spectrum:
    """An illuminant, lamp or colour patch.

    Illuminants come with CIE's own scale (100 at 560 nm for most) and are 0 outside their data; patches hold their end
    values, as CIE 15 recommends for reflectances. InputError, with what is near, for an unknown name.
    """
    label = _written("illuminant", name)
    if label is not None:
        table = store.array("illuminants", label)
        return Tabulated(table[:, 0], table[:, 1], label=label)
    label = _written("patch", name)
    if label is not None:
        table = store.array("colorchecker", label.removeprefix(PATCH_PREFIX))
        return Tabulated(table[:, 0], table[:, 1], extrapolate="hold", label=label)
    raise InputError(f"no illuminant, lamp or colour patch is named {name!r}{_hint(name, 'illuminant', 'patch')}")


def illuminant(name: str) -> Spectrum:
    """`named`, of illuminants and lamps only."""
    if _written("illuminant", name) is None:
        raise InputError(f"no illuminant or lamp is named {name!r}{_hint(name, 'illuminant')}")
    return named(name)


def metal(name: str) -> tuple[Spectrum, Spectrum]:
    """(eta, k): the real and imaginary part of a conductor's index, held beyond the ends of the data.

    ``"none"`` is a perfect mirror, eta 0 and k 1. InputError for an unknown name.
    """
    label = _written("metal", name)
    if label is None:
        raise InputError(f"no metal is named {name!r}{_hint(name, 'metal')}")
    if label == "none":
        return Uniform(0.0), Uniform(1.0)
    if label.removesuffix("_palik") in PALIK_REPEATS:
        label = label.removesuffix("_palik")
    table = store.array("metals", METAL_ALIASES.get(label, label))
    eta = Tabulated(table[:, 0], table[:, 1], extrapolate="hold", label=f"{label} eta")
    return eta, Tabulated(table[:, 0], table[:, 2], extrapolate="hold", label=f"{label} k")


def glass(name: str) -> RefractiveIndex:
    """The index of a glass or another clear material; InputError for an unknown name."""
    return glass_record(name).index


def glass_record(name: str) -> GlassRecord:
    """`glass` together with the published n_d and Abbe number and the source."""
    label = _written("glass", name)
    if label is None:
        raise InputError(f"no glass is named {name!r}{_hint(name, 'glass')}")
    row = _glass_rows()[GLASS_ALIASES.get(label, label)]
    coefficients = [float(v) for v in row["coefficients"].split()]
    index = _index_from_row(row["form"], coefficients)
    nd, abbe_number = (float(row[key]) if row[key] else float("nan") for key in ("nd", "vd"))
    return GlassRecord(row["name"], index, nd, abbe_number, row["source"])


def scalar_ior(name: str) -> float:
    """Mitsuba 3's index for a material, one number for all wavelengths; InputError for an unknown name."""
    label = _written("ior", name)
    if label is None:
        raise InputError(f"no index of refraction is named {name!r}{_hint(name, 'ior')}")
    return SCALAR_IOR[label]


def _index_from_row(form: str, c: list[float]) -> RefractiveIndex:
    if form == "sellmeier":
        b, poles = tuple(c[1::2]), tuple(c[2::2])
        return Sellmeier(*b, *poles) if len(b) == 3 and c[0] == 1.0 else SellmeierSum(c[0], b, poles)
    if form == "gas":
        return Gas(*c)
    return TabulatedIndex(np.array(c[0::2]), np.array(c[1::2]))


@cache
def _glass_rows() -> dict[str, dict[str, str]]:
    with open(store.DATA / "glasses.csv", newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@cache
def _by_lower_case(kind: str) -> dict[str, str]:
    # "ColorChecker/white 9.5 (.05 D)" may go without its density.
    short = {name.lower().split(" (")[0]: name for name in names(kind)}
    return short | {name.lower(): name for name in names(kind)}


def _written(kind: str, name: str) -> str | None:
    """The name as it is usually written, or None."""
    return _by_lower_case(kind).get(str(name).strip().lower())


def _hint(name: str, *wanted: str) -> str:
    """What to add to "no ... is named ...": the kind that does have it, else what is near, and where the list is."""
    kinds = [kind for kind in ("illuminant", "patch", "metal", "glass") if _written(kind, name) is not None]
    if kinds:
        return f"; it is the name of {' and '.join(('an ' if kind == 'illuminant' else 'a ') + kind for kind in kinds)}"
    known = {low: written for kind in wanted for low, written in _by_lower_case(kind).items()}
    close = nearest(str(name).strip(), known)
    return f"; {LISTED}" if close is None else f"; did you mean {known[close]!r}? {LISTED}"
