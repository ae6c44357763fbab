"""The auxiliary channels a film can hold: names, widths and how each is accumulated and written.

Names are Mitsuba 3's (its `aov` integrator); the EXR channel names are those compositing programs know: `N`, `P`
and `Z` for normal, position and depth, `layer.component` for the rest [OpenEXR, "Reserved attributes and channel
names"].  A new one is a row here.

Kinds
-----
"mean"  the film holds the sum of filter weight times value; the file gets the weighted mean.
"xyz"   as "mean", but the value is a colour in CIE XYZ relative to D65 (a perfect white diffuser is the D65 white),
        which the output converts to the gamut of the file.
"id"    an integer: the film holds the number found by the first sample of the pixel, never a sum, because means of
        ids name nothing.  No surface is -1; so that a fresh film says that, id arrays start at -1.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from specrender.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Aov:
    """One auxiliary output.

    Parameters
    ----------
    name : the name in scene files, on the command line and in `Film.aovs`.
    exr_channels : names in EXR files, one for each component.
    kind : "mean", "xyz" or "id", see the module.
    meaning : one line, with units.
    """

    name: str
    exr_channels: tuple[str, ...]
    kind: str
    meaning: str

    @property
    def channels(self) -> int:
        """Number of components."""
        return len(self.exr_channels)


_XYZ = ("X", "Y", "Z")


def _layer(name: str, components: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}.{c}" for c in components)


AOVS: dict[str, Aov] = {
    aov.name: aov
    for aov in (
        Aov("albedo", _layer("albedo", ("R", "G", "B")), "xyz", "directional albedo of the first surface [1]"),
        Aov("depth", ("Z",), "mean", "distance from the camera along the ray [scene units]"),
        Aov("position", _layer("P", _XYZ), "mean", "first hit in world space [scene units]"),
        Aov("uv", _layer("uv", ("U", "V")), "mean", "texture coordinates of the first hit [1]"),
        Aov("geo_normal", _layer("Ng", _XYZ), "mean", "geometric normal in world space [1]"),
        Aov("sh_normal", _layer("N", _XYZ), "mean", "shading normal in world space [1]"),
        Aov("prim_index", ("prim_index",), "id", "index of the primitive (triangle) within its shape"),
        Aov("shape_index", ("shape_index",), "id", "index of the shape in the scene"),
        Aov("material_index", ("material_index",), "id", "index of the material, in the order of first use"),
    )
}


#: Derivatives that Mitsuba's `aov` integrator knows and no film here holds.
DERIVATIVES = ("dp_du", "dp_dv", "duv_dx", "duv_dy")


def unknown(name: str) -> str:
    """The message about a name that is not one of AOVS."""
    if name in DERIVATIVES:
        return (
            f"the AOV '{name}' is not supported: derivatives ({', '.join(DERIVATIVES)}) are not written; "
            f"supported are {', '.join(AOVS)}"
        )
    return f"there is no AOV '{name}'{did_you_mean(name, AOVS)}"


def aov(name: str) -> Aov:
    """Look an auxiliary output up by name; InputError with a suggestion when there is none."""
    try:
        return AOVS[name]
    except KeyError:
        raise InputError(unknown(name)) from None


def aov_layout(names: Iterable[str]) -> list[tuple[str, int]]:
    """``[(name, channels), ...]`` for `Film.create`, in the order given; InputError for unknown or repeated names."""
    layout = [(name, aov(name).channels) for name in names]
    seen = set()
    for name, _ in layout:
        if name in seen:
            raise InputError(f"AOV '{name}' is listed twice")
        seen.add(name)
    return layout
