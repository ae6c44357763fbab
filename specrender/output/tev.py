"""Live view: tiles of a film to the tev viewer, by its protocol over TCP (https://github.com/Tom94/tev).

The packets are made by `tevclient`, which tev's author maintains beside the viewer.
"""

from __future__ import annotations

import socket

import numpy as np

from specrender.color import xyz_to_rgb
from specrender.errors import InputError, SpecrenderError
from specrender.film import Film

#: Where tev listens unless told otherwise.
DEFAULT_ADDRESS = "localhost:14158"

#: Seconds to wait for the viewer; a render does not stand still longer because of it.
TIMEOUT = 5.0

CHANNELS = ["R", "G", "B"]


def parsed_address(text: str) -> tuple[str, int]:
    """(host, port) of "HOST:PORT", "HOST" or ":PORT"; InputError for anything else."""
    host, colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    default_host, _, default_port = DEFAULT_ADDRESS.partition(":")
    port = port if colon else default_port
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"the address of tev is HOST:PORT, such as {DEFAULT_ADDRESS}, got '{text}'")
    return host or default_host, int(port)


class TevView:
    """An image in tev that follows a film: linear Rec.709.

    Parameters
    ----------
    address : "HOST:PORT".
    name : of the image in the viewer.
    film : the film that will be shown, for its size.

    Raises
    ------
    InputError : the address makes no sense.
    SpecrenderError : nothing answers there, or `tevclient` is not installed.
    """

    def __init__(self, address: str, name: str, film: Film):
        try:
            from tevclient import packet
        except ImportError:
            raise SpecrenderError("--tev needs the package tevclient: pip install tevclient") from None
        self._packet, self._name = packet, name
        self._matrix = xyz_to_rgb("srgb").T
        #: Why the view was given up, or None.
        self.problem: str | None = None
        try:
            self._socket = socket.create_connection(parsed_address(address), TIMEOUT)
        except OSError as error:
            reason = error.strerror or error
            raise SpecrenderError(f"cannot reach tev at {address}: {reason}; is the viewer running?") from error
        self._send(packet.create_image(name, film.width, film.height, CHANNELS, True))

    def show(self, film: Film, x0: int, y0: int, x1: int, y1: int) -> None:
        """Send pixels x0 <= x < x1, y0 <= y < y1 of the full image, as the film has them now."""
        if self.problem is not None:
            return
        left, top, _, _ = film.crop
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        weight = film.weight[part][..., None]
        xyz = np.divide(film.xyz[part], weight, out=np.zeros_like(film.xyz[part]), where=weight != 0)
        rgb = (xyz @ self._matrix).astype(np.float32)
        self._send(self._packet.update_image(self._name, rgb, CHANNELS, x0, y0, False))

    def _send(self, data):
        """Send a packet; the first failure ends the view, not the render."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            self.problem = f"tev is gone ({error.strerror or error})"
            self.close()

    def close(self) -> None:
        """End the connection; the image stays in the viewer."""
        self._socket.close()
