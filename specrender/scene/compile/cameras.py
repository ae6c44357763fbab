"""Cameras of the scene to records of the kernel: `pack_cameras`."""

from __future__ import annotations

import numpy as np

from specrender.kernel.camera.layout import CAMERA_TAGS, DTYPE, ONE_POINT, WHOLE_SCENE
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry

#: Material of records that are no part of the scene.
NO_MATERIAL = -1

#: 35 mm film [mm], for `focal_length`.
FILM_WIDTH_MM, FILM_HEIGHT_MM = 36.0, 24.0


def pack_cameras(record, scene: d.Scene, geometry, sphere, builder: TableBuilder) -> np.ndarray:
    """The records of the camera that renders and, if it is a batch, of its parts; the image size into the settings.

    Parameters
    ----------
    geometry : with all shapes of the scene; records of what sensors aim at are put behind theirs.
    sphere : (centre (3,), radius) of a sphere around the scene.
    """
    film = scene.film
    record["width"], record["height"] = film.width, film.height
    cameras = [_packed(scene.camera, film.width, film.height, scene, geometry, sphere, builder)]
    if isinstance(scene.camera, d.Batch):
        parts = scene.camera.cameras
        cameras[0]["count"] = len(parts)
        width = film.width / len(parts)
        cameras += [_packed(part, width, film.height, scene, geometry, sphere, builder) for part in parts]
    return np.array(cameras, DTYPE)


def _packed(camera, width, height, scene, geometry, sphere, builder) -> np.void:
    record = np.zeros(1, DTYPE)[0]
    record["kind"] = CAMERA_TAGS[type(camera).__struct_config__.tag]
    record["inv_width"], record["inv_height"] = 1.0 / width, 1.0 / height
    record["transform"] = builder.transform(_frame(camera))
    if isinstance(camera, d.ProjectiveCamera):
        _pack_projection(record, camera, width / height)
    if isinstance(camera, d.IrradianceMeter):
        shape = next(shape for shape in scene.shapes if shape.name == camera.shape)
        record["target"] = _target(shape, geometry, builder)
    if isinstance(camera, d.Distant):
        centre, record["scene_radius"] = sphere
        record["target"] = WHOLE_SCENE
        if isinstance(camera.target, tuple):
            record["target"], centre = ONE_POINT, camera.target
        elif camera.target is not None:
            record["target"] = _target(camera.target, geometry, builder)
        record["target_x"], record["target_y"], record["target_z"] = centre
    return record


def _target(shape: d.Shape, geometry: Geometry, builder: TableBuilder) -> int:
    """Index of a record from which points of a shape can be sampled; it takes no part in the scene itself."""
    aside = Geometry()
    aside.add(shape, NO_MATERIAL, False, 0, builder)  # as if it emitted, for the tables of its area
    aside.place_meshes()
    record = aside.records[0]
    record["light"] = -1
    geometry.records.append(record)
    return len(geometry.records) - 1


def _pack_projection(record, camera: d.ProjectiveCamera, aspect: float) -> None:
    record["near_clip"], record["far_clip"] = camera.near_clip, camera.far_clip
    if isinstance(camera, d.Equirectangular):
        record["x_scale"] = record["y_scale"] = 1.0
    elif isinstance(camera, d.Orthographic):
        record["x_scale"], record["y_scale"] = 1.0, 1.0 / aspect
    else:
        record["x_scale"] = np.tan(0.5 * horizontal_fov(camera, aspect))
        record["y_scale"] = record["x_scale"] / aspect
        record["x_offset"] = camera.principal_point_offset_x
        record["y_offset"] = camera.principal_point_offset_y
    if isinstance(camera, d.ThinLens):
        record["aperture_radius"], record["focus_distance"] = camera.aperture_radius, camera.focus_distance


def _frame(camera) -> np.ndarray:
    """The to_world of a camera; one that is given by a direction looks along it."""
    if getattr(camera, "direction", None) is not None:
        matrix = np.eye(4)
        z = np.array(camera.direction, np.float64)
        z /= np.linalg.norm(z)
        x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
        x /= np.linalg.norm(x)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = x, np.cross(z, x), z
        matrix[:3, 3] = (0.0, 0.0, 0.0) if getattr(camera, "origin", None) is None else camera.origin
        return matrix
    to_world = getattr(camera, "to_world", None)
    return np.eye(4) if to_world is None else to_world.matrix


def bounding_sphere(low, high) -> tuple[np.ndarray, float]:
    """(centre, radius) of the sphere through the corners of a box; a point at the origin for an empty one."""
    if not np.all(np.isfinite(low)) or not np.all(np.isfinite(high)):
        return np.zeros(3), 0.0
    return 0.5 * (low + high), 0.5 * float(np.linalg.norm(high - low))


def horizontal_fov(camera: d.Perspective, aspect: float) -> float:
    """Angle of view along x [rad] from `fov` and `fov_axis`, or `focal_length` (along the diagonal, as in Mitsuba)."""
    if camera.fov is None:
        focal_mm = float((camera.focal_length or "50mm").removesuffix("mm"))
        angle, axis = 2.0 * np.arctan(np.hypot(FILM_WIDTH_MM, FILM_HEIGHT_MM) / (2.0 * focal_mm)), "diagonal"
    else:
        angle, axis = np.radians(camera.fov), camera.fov_axis
    if axis in ("smaller", "larger"):
        axis = "x" if (aspect < 1.0) == (axis == "smaller") else "y"
    extent = np.tan(0.5 * angle)
    if axis == "y":
        extent *= aspect
    elif axis == "diagonal":
        extent *= aspect / np.hypot(aspect, 1.0)
    return 2.0 * np.arctan(extent)
