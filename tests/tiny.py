"""A scene that renders in no time."""

from specrender.scene import description as d
from specrender.scene.readers.transforms import look_at


def tiny(**film):
    """A floor and a sphere under a uniform sky."""
    return d.Scene(
        camera=d.Perspective(fov=40.0, to_world=d.Transform(look_at([0, 1, 4], [0, 0.5, 0], [0, 1, 0]))),
        film=d.HdrFilm(**{"width": 16, "height": 12, **film}),
        sampler=d.SobolSampler(sample_count=4),
        shapes=[d.Sphere(center=(0.0, 0.5, 0.0), radius=0.5, material=d.Diffuse(reflectance=0.5))],
        lights=[d.ConstantLight(radiance=1.0)],
    )
