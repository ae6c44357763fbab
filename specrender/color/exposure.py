"""Exposure of display files: stops, automatic, or the settings of a camera.  The gain is 2**stops in every case.

What a user writes            what it does
"1.5"                         that many stops
"auto"                        the log-average of the luminance becomes `KEY` [Reinhard2002]
"auto:99"                     the 99th percentile of the luminance becomes 1
"f/8,1/125,iso100"            a camera: luminance that saturates it becomes 1
"""

import math
import re
import warnings
from dataclasses import dataclass

import numpy as np

from specrender.errors import InputError, SpecrenderWarning

#: Where "auto" puts the log-average: the grey card.
KEY = 0.18

#: Largest number of stops either way; 2**1024 overflows.
MAX_STOPS = 1000.0

#: L = 78 / (q S) N^2 / t saturates a sensor of speed S at f-number N and time t: 78 / S is the exposure in lx s that
#: defines saturation-based speed [ISO12232], and q = 0.65 what a lens passes; so L = 120 N^2 / (S t) cd/m^2.
SATURATION = 78.0 / 0.65

_F_NUMBER = re.compile(r"f/?(\d+(?:\.\d+)?)")
_ISO = re.compile(r"iso\s?(\d+(?:\.\d+)?)")
_TIME = re.compile(r"(?:(\d+(?:\.\d+)?)/)?(\d+(?:\.\d+)?)\s?s?")


@dataclass(frozen=True)
class Exposure:
    """What to do; exactly one of stops, percentile or saturation_cdm2 is given, or none: the log-average.

    stops : gain.  percentile : of the luminance, that becomes 1.  saturation_cdm2 : luminance that becomes 1.
    """

    stops: float | None = None
    percentile: float | None = None
    saturation_cdm2: float | None = None

    def stops_for(self, luminance: np.ndarray, cdm2_of_y: float) -> float:
        """The stops for an image.

        Parameters
        ----------
        luminance : (...) Y of the pixels that count.
        cdm2_of_y : luminance of Y = 1 [cd/m^2].

        Returns
        -------
        The stops; 0, with a SpecrenderWarning, of an automatic exposure of darkness, for which there is none.
        """
        if self.stops is not None:
            return self.stops
        if self.saturation_cdm2 is not None:
            return math.log2(cdm2_of_y / self.saturation_cdm2)
        seen = luminance[np.isfinite(luminance)]
        lit = seen[seen > 0]
        level = 0.0
        if lit.size and self.percentile is None:
            level = 2.0 ** float(np.mean(np.log2(lit))) / KEY
        elif lit.size:
            level = float(np.percentile(seen, self.percentile))
        if not level > 0:
            what = "the image" if self.percentile is None or not lit.size else "that part of the image"
            message = f"automatic exposure: {what} is black, and no exposure brightens an intensity of 0; it stays at 0"
            warnings.warn(message, SpecrenderWarning, stacklevel=2)
            return 0.0
        return -math.log2(level)


def parse_exposure(value: float | str) -> Exposure:
    """Understand an exposure as users write it, see the module; InputError otherwise."""
    text = str(value).strip().lower()
    try:
        stops = float(text)
    except ValueError:
        pass
    else:
        if not (math.isfinite(stops) and abs(stops) <= MAX_STOPS):
            raise InputError(f"exposure must be a number of stops within -1000 and 1000, got {value}")
        return Exposure(stops=stops)
    if text == "auto":
        return Exposure()
    if text.startswith("auto:"):
        return Exposure(percentile=_percentile(text.removeprefix("auto:"), value))
    return Exposure(saturation_cdm2=_saturation(text, value))


def _percentile(text, value):
    try:
        percentile = float(text)
    except ValueError:
        percentile = math.nan
    if not 0.0 < percentile <= 100.0:
        raise InputError(f"the percentile of exposure '{value}' must be above 0 and at most 100")
    return percentile


def _saturation(text, value):
    found = {}
    for part in text.split(","):
        part = part.strip()
        for name, pattern in (("f-number", _F_NUMBER), ("iso", _ISO), ("time", _TIME)):
            match = pattern.fullmatch(part)
            if match and name not in found:
                found[name] = match
                break
        else:
            raise _not_understood(value)
    if len(found) != 3:
        raise _not_understood(value)
    f_number, speed = float(found["f-number"][1]), float(found["iso"][1])
    above, below = found["time"].groups()
    time = float(below) if above is None else (float(above) / float(below) if float(below) else 0.0)
    if not (f_number > 0 and speed > 0 and time > 0):
        raise _not_understood(value)
    return SATURATION * f_number**2 / (speed * time)


def _not_understood(value):
    return InputError(f"exposure must be stops, auto, auto:PERCENT or a camera as f/8,1/125,iso100, got '{value}'")
