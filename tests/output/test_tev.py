"""The packets of a live view, read from a real socket as tev reads them."""

import socket
import struct
import threading

import numpy as np
import pytest

from specrender.color import xyz_to_rgb
from specrender.errors import InputError, SpecrenderError
from specrender.film import Film
from specrender.output.tev import TevView, parsed_address

packet = pytest.importorskip("tevclient")

CREATE_IMAGE, UPDATE_IMAGE = 4, 6  # IpcPacket::EType of tev's Ipc.h; the latter is version 3


class Reader:
    """What tev's IpcPacket does with the bytes of a packet: little endian, strings end with a zero."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def string(self):
        end = self.data.index(0, self.at)
        text = self.data[self.at : end].decode()
        self.at = end + 1
        return text


def parsed(data):
    """One packet, without its length, as tev's interpretAs... functions do it."""
    reader = Reader(data)
    kind, focus, name = reader.number("b"), reader.number("b"), reader.string()
    if kind == CREATE_IMAGE:
        width, height, count = (reader.number("i") for _ in range(3))
        assert focus == 1
        result = ("create", name, width, height, [reader.string() for _ in range(count)])
    else:
        assert kind == UPDATE_IMAGE and focus == 0
        channels = [reader.string() for _ in range(reader.number("i"))]
        x, y, width, height = (reader.number("i") for _ in range(4))
        offsets = [reader.number("q") for _ in channels]
        strides = [reader.number("q") for _ in channels]
        values = np.frombuffer(data, "<f4", offset=reader.at)
        reader.at = len(data)
        pixels = {
            channel: values[offset::stride][: width * height].reshape(height, width)
            for channel, offset, stride in zip(channels, offsets, strides, strict=True)
        }
        result = ("update", name, (x, y, width, height), pixels)
    assert reader.at == len(data), "bytes left over"
    return result


class Server:
    """Accepts one connection and cuts its bytes into packets by their lengths."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.packets = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def _run(self):
        connection, _ = self.socket.accept()
        data = b""
        with connection:
            while more := connection.recv(1 << 16):
                data += more
                while len(data) >= 4 and len(data) >= (length := struct.unpack_from("<I", data)[0]):
                    self.packets.append(parsed(data[4:length]))
                    data = data[length:]
        assert not data

    def finish(self):
        self.thread.join(10)
        self.socket.close()
        return self.packets


@pytest.fixture
def film():
    film = Film.create(20, 10, (4, 2, 18, 9))
    film.weight[...] = 2.0
    film.xyz[...] = np.random.default_rng(0).random(film.xyz.shape)
    return film


def test_tiles_arrive_where_they_belong(film):
    server = Server()
    view = TevView(server.address, "scene é", film)
    view.show(film, 6, 3, 11, 9)
    view.show(film, 4, 2, 5, 3)
    view.close()
    create, first, second = server.finish()
    assert create == ("create", "scene é", 20, 10, ["R", "G", "B"])
    assert first[:3] == ("update", "scene é", (6, 3, 5, 6)) and second[2] == (4, 2, 1, 1)
    rgb = film.xyz[1:7, 2:7] / 2.0 @ xyz_to_rgb("srgb").T
    for i, channel in enumerate("RGB"):
        assert np.allclose(first[3][channel], rgb[..., i], rtol=1e-5, atol=1e-6)


def test_a_viewer_that_goes_away_ends_the_view_only(film):
    server = socket.create_server(("127.0.0.1", 0))
    view = TevView(f"127.0.0.1:{server.getsockname()[1]}", "a", film)
    connection, _ = server.accept()
    connection.close()
    server.close()
    for _ in range(50):
        view.show(film, 4, 2, 18, 9)
    assert "tev is gone" in view.problem


def test_nobody_there(film):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SpecrenderError, match="is the viewer running"):
        TevView(f"127.0.0.1:{port}", "a", film)


def test_addresses():
    assert parsed_address("render7:99") == ("render7", 99)
    assert parsed_address("render7") == ("render7", 14158)
    assert parsed_address(":99") == ("localhost", 99)
    for wrong in ("a:b", "a:0", "a:99999"):
        with pytest.raises(InputError, match="HOST:PORT"):
            parsed_address(wrong)
