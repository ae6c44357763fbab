"""What meters read: sensors of one number are for that number, which nobody should have to dig out of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from specrender.film import Film
from specrender.scene import description as d
from specrender.spectra.lamps import CDM2_OF_Y, cct_duv
from specrender.spectra.observers import DEFAULT_OBSERVER

#: Type of sensor -> (quantity, unit).
QUANTITIES = {
    d.IrradianceMeter: ("illuminance", "lx"),
    d.RadianceMeter: ("luminance", "cd/m2"),
    d.Distant: ("luminance", "cd/m2"),
}

#: Colour temperatures within a larger error of light than this share are not worth a word.
LARGEST_ERROR = 0.1


@dataclass(frozen=True)
class Reading:
    """One number of a sensor.

    Parameters
    ----------
    sensor : its type in scene files; of a batch with its number, from 0.
    quantity, unit : what is measured.
    value, error : and its standard error, by the scatter of the samples; None of fewer than two.
    cct : correlated colour temperature of the light [K]; None where there is none.
    """

    sensor: str
    quantity: str
    unit: str
    value: float
    error: float | None
    cct: float | None

    def __str__(self):
        value = f"{self.value:.4g}"
        if self.error is not None and self.error > 0.0:
            # both to the second digit of the error
            places = max(0, 1 - math.floor(math.log10(self.error)))
            value = f"{self.value:.{places}f} +- {self.error:.{places}f}"
        cct = "" if self.cct is None else f", {self.cct:.0f} K"
        return f"{self.sensor}: {self.quantity} {value} {self.unit}{cct}"


def readings(scene: d.Scene, film: Film) -> list[Reading]:
    """Those of a camera that is a meter, or of the meters of a batch whose cameras have a pixel each; else none.

    None of what is no luminance: distances, and the responses of cameras and of other observers than that of 1931.
    """
    innermost = scene.integrator
    while getattr(innermost, "integrator", None) is not None:
        innermost = innermost.integrator
    if isinstance(innermost, d.DepthIntegrator) or film.metadata.get("observer", DEFAULT_OBSERVER) != DEFAULT_OBSERVER:
        return []
    camera = scene.camera
    cameras = camera.cameras if isinstance(camera, d.Batch) else [camera]
    if film.shape != (1, len(cameras)):
        return []
    xyz = film.mean_xyz()[0]
    errors = np.sqrt(film.variance_of_mean()[0, :, 1])
    found = []
    for number, (each, colour, error) in enumerate(zip(cameras, xyz, errors, strict=True)):
        if type(each) not in QUANTITIES:
            continue
        name = type(each).__struct_config__.tag
        quantity, unit = QUANTITIES[type(each)]
        is_known = bool(np.isfinite(error)) and np.min(film.samples()) > 1
        has_colour = is_known and colour[1] > 0.0 and error <= LARGEST_ERROR * colour[1]
        temperature = cct_duv(colour) if has_colour else None
        found.append(
            Reading(
                name if len(cameras) == 1 else f"{name} {number}",
                quantity,
                unit,
                CDM2_OF_Y * float(colour[1]),
                CDM2_OF_Y * float(error) if is_known else None,
                None if temperature is None else temperature[0],
            )
        )
    return found
