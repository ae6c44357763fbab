"""Names of spectral channels in image files, in the layout of [Fichet2021]: "S0.550,000000nm", "T.5,45e14Hz"."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from specrender.errors import InputError

#: Quantity, wavelength or frequency with a decimal comma, prefix and unit.
_CHANNEL = re.compile(r"(S0|T)\.((?:\d+,?\d*|,\d+)(?:[Ee][+-]?\d+)?)(Y|Z|E|P|T|G|M|k|h|da|d|c|m|u|n|p)?(m|Hz)")
_PREFIXES = {"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
             None: 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12}  # fmt: skip
_LIGHT_SPEED_M_S = 299792458.0


def spectral_channels(names: Iterable[str], path) -> dict[str, dict[float, int]]:
    """The spectral channels among the channels of a file.

    Parameters
    ----------
    names : all channels, in the order of the file.
    path : the file, for messages.

    Returns
    -------
    dict : "S0" (light, unpolarised) and "T" (reflectance or transmittance), each a dict of wavelength [nm] -> index in
        `names`, by rising wavelength; without such channels, empty.

    Raises
    ------
    InputError : a channel gives no wavelength, or two give the same.
    """
    found: dict[str, dict[float, int]] = {"S0": {}, "T": {}}
    names = list(names)
    for index, name in enumerate(names):
        match = _CHANNEL.fullmatch(name)
        if not match:
            continue
        nm, channels = _wavelength_nm(*match.groups()[1:]), found[match[1]]
        if not 0.0 < nm < np.inf:
            raise InputError(f"'{path}' has a channel '{name}', which is no wavelength")
        if nm in channels:
            raise InputError(f"'{path}' has two channels of {nm:g} nm, '{names[channels[nm]]}' and '{name}'")
        channels[nm] = index
    return {quantity: dict(sorted(channels.items())) for quantity, channels in found.items()}


def _wavelength_nm(number, prefix, unit):
    """The wavelength that a channel's name gives; 0 or infinite if it is none."""
    value, power = float(number.replace(",", ".")), _PREFIXES[prefix]
    if unit == "m":
        return value * 10.0 ** (power + 9)  # nm themselves stay exact
    frequency = value * 10.0**power
    return 1e9 * _LIGHT_SPEED_M_S / frequency if frequency > 0.0 else np.inf
