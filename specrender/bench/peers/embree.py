"""Embree through its C API, from the library that `pip install embreex` brings.

Scenes are made through ctypes; rays are cast from compiled code by the addresses of rtcIntersect1 and rtcOccluded1.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path

import numpy as np

from specrender.errors import SpecrenderError

#: Values of rtcore_common.h, rtcore_buffer.h, rtcore_geometry.h and rtcore_scene.h of Embree 4.
FORMAT_UINT3, FORMAT_FLOAT3 = 0x5003, 0x9003
BUFFER_INDEX, BUFFER_VERTEX = 0, 1
GEOMETRY_TRIANGLE = 0
QUALITY_MEDIUM = 1
VERSION_PROPERTY = 0

_POINTER, _UINT, _SIZE = ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t
_SIGNATURES = {
    "rtcNewDevice": (_POINTER, [ctypes.c_char_p]),
    "rtcReleaseDevice": (None, [_POINTER]),
    "rtcGetDeviceError": (ctypes.c_int, [_POINTER]),
    "rtcGetDeviceProperty": (ctypes.c_ssize_t, [_POINTER, ctypes.c_int]),
    "rtcSetDeviceMemoryMonitorFunction": (None, [_POINTER, _POINTER, _POINTER]),
    "rtcNewScene": (_POINTER, [_POINTER]),
    "rtcSetSceneBuildQuality": (None, [_POINTER, ctypes.c_int]),
    "rtcCommitScene": (None, [_POINTER]),
    "rtcReleaseScene": (None, [_POINTER]),
    "rtcNewGeometry": (_POINTER, [_POINTER, ctypes.c_int]),
    "rtcSetSharedGeometryBuffer": (
        None,
        [_POINTER, ctypes.c_int, _UINT, ctypes.c_int, _POINTER, _SIZE, _SIZE, _SIZE],
    ),
    "rtcCommitGeometry": (None, [_POINTER]),
    "rtcAttachGeometry": (_UINT, [_POINTER, _POINTER]),
    "rtcReleaseGeometry": (None, [_POINTER]),
}


@functools.cache
def library_path() -> Path | None:
    """The shared library of embreex, or None where it is not installed."""
    found = importlib.util.find_spec("embreex")
    if found is None or not found.submodule_search_locations:
        return None
    package = Path(next(iter(found.submodule_search_locations)))
    # auditwheel, delvewheel and delocate put it here, in this order
    places = (package.parent / "embreex.libs", package / ".dylibs", package)
    names = ("*embree4*.so*", "*embree4*.dll", "*embree4*.dylib")
    return next((path for place in places for name in names for path in sorted(place.glob(name))), None)


@functools.cache
def _library():
    path = library_path()
    if path is None:
        raise SpecrenderError("Embree's library is not there; `pip install embreex` brings it")
    importlib.import_module("embreex")  # loads what the library depends on, with the right paths
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Device:
    """An Embree device that builds with `threads` threads and counts the memory it holds."""

    def __init__(self, threads: int):
        self.library = _library()
        self.bytes = 0
        # a thread counts as one of them when it waits in rtcCommitScene
        self.handle = self.library.rtcNewDevice(f"threads={threads},user_threads=0,set_affinity=0".encode())
        if not self.handle:
            raise SpecrenderError(f"Embree cannot start: error {self.library.rtcGetDeviceError(None)}")
        kind = ctypes.CFUNCTYPE(ctypes.c_bool, _POINTER, ctypes.c_ssize_t, ctypes.c_bool)
        self._monitor = kind(self._count)
        monitor = ctypes.cast(self._monitor, _POINTER)
        self.library.rtcSetDeviceMemoryMonitorFunction(self.handle, monitor, None)

    def _count(self, _user, size, _after):
        self.bytes += size
        return True

    @property
    def version(self) -> str:
        """As "4.4.0"."""
        number = self.library.rtcGetDeviceProperty(self.handle, VERSION_PROPERTY)
        return f"{number // 10000}.{number // 100 % 100}.{number % 100}"

    def __del__(self):
        if getattr(self, "handle", None):
            self.library.rtcSetDeviceMemoryMonitorFunction(self.handle, None, None)
            self.library.rtcReleaseDevice(self.handle)
            self.handle = None


class Scene:
    """A committed scene of one triangle mesh at medium quality, the default.

    positions : (n, 4) float32, read 16 bytes at a time.  triangles : (m, 4) int32, the fourth is not read.
    """

    def __init__(self, device: Device, positions: np.ndarray, triangles: np.ndarray):
        self.device, self._arrays = device, (positions, triangles)
        library, before = device.library, device.bytes
        self.handle = library.rtcNewScene(device.handle)
        library.rtcSetSceneBuildQuality(self.handle, QUALITY_MEDIUM)
        geometry = library.rtcNewGeometry(device.handle, GEOMETRY_TRIANGLE)
        for kind, form, array in (
            (BUFFER_VERTEX, FORMAT_FLOAT3, positions),
            (BUFFER_INDEX, FORMAT_UINT3, triangles),
        ):
            library.rtcSetSharedGeometryBuffer(geometry, kind, 0, form, array.ctypes.data, 0, 16, len(array))
        library.rtcCommitGeometry(geometry)
        library.rtcAttachGeometry(self.handle, geometry)
        library.rtcReleaseGeometry(geometry)
        library.rtcCommitScene(self.handle)
        error = library.rtcGetDeviceError(device.handle)
        if error:
            raise SpecrenderError(f"Embree cannot build: error {error}")
        #: What the scene holds [bytes].
        self.bytes = device.bytes - before

    def __del__(self):
        if getattr(self, "handle", None):
            self.device.library.rtcReleaseScene(self.handle)
            self.handle = None

    def _call(self, name):
        function = ctypes.cast(getattr(self.device.library, name), _POINTER).value
        memory = np.zeros(64, np.float32)
        start = -memory.ctypes.data % 64 // 4
        return function, memory[start : start + 32]

    def closest(self, rays, loops, distances, primitives) -> int:
        """`kernels.rays.cast_closest` by Embree."""
        from specrender.bench.kernels.rays import call_closest

        function, buffer = self._call("rtcIntersect1")
        words = buffer.view(np.uint32)
        return call_closest(
            function, self.handle, buffer.ctypes.data, buffer, words, rays, loops, distances, primitives
        )

    def occluded(self, rays, loops, shadowed) -> int:
        """`kernels.rays.cast_occluded` by Embree."""
        from specrender.bench.kernels.rays import call_occluded

        function, buffer = self._call("rtcOccluded1")
        return call_occluded(function, self.handle, buffer.ctypes.data, buffer, rays, loops, shadowed)


def available(context) -> bool:
    """Whether Embree is asked for and there; says once what is missing."""
    if not context.peers:
        return False
    if library_path() is None:
        context.note_once("embree is not installed (pip install embreex): measured without it")
        return False
    return True
