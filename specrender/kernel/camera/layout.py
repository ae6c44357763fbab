"""Records of cameras: the one of the render comes first; those that a batch consists of follow."""

import numpy as np

PERSPECTIVE = 0
THIN_LENS = 1
ORTHOGRAPHIC = 2
EQUIRECTANGULAR = 3
RADIANCE_METER = 4
IRRADIANCE_METER = 5
DISTANT = 6
BATCH = 7

#: Type in scene files -> kind.
CAMERA_TAGS = {
    "perspective": PERSPECTIVE,
    "thinlens": THIN_LENS,
    "orthographic": ORTHOGRAPHIC,
    "equirectangular": EQUIRECTANGULAR,
    "radiancemeter": RADIANCE_METER,
    "irradiancemeter": IRRADIANCE_METER,
    "distant": DISTANT,
    "batch": BATCH,
}

#: Values of `target` of a distant sensor other than the index of a shape.
WHOLE_SCENE = -1
ONE_POINT = -2

DTYPE = np.dtype(
    [
        ("kind", "i4"),
        ("transform", "i4"),  # to_world in tables.transforms; its inverse is the next one
        ("count", "i4"),  # batch: cameras side by side, the records that follow this one
        ("target", "i4"),  # irradiance meter and distant: index in tables.shapes, or one of the above
        ("inv_width", "f4"),  # 1 / pixels of the camera's part of the film
        ("inv_height", "f4"),
        ("x_scale", "f4"),  # camera-space x at z = 1 (perspective) or x (orthographic) of the left edge
        ("y_scale", "f4"),
        ("x_offset", "f4"),  # principal point, as a share of the film
        ("y_offset", "f4"),
        ("near_clip", "f4"),
        ("far_clip", "f4"),
        ("aperture_radius", "f4"),
        ("focus_distance", "f4"),
        ("target_x", "f4"),  # distant: the point, or the centre of the scene's bounding sphere
        ("target_y", "f4"),
        ("target_z", "f4"),
        ("scene_radius", "f4"),  # distant: of the bounding sphere
    ],
    align=True,
)
