"""Mitsuba's shapes as structs: one function a plugin type, of its parameters and what all shapes share."""

from __future__ import annotations

from specrender.scene import description as d


def _mesh(struct, *flags):
    def build(p, common):
        extra = {name: p.boolean(name, struct.__struct_defaults__[_position(struct, name)]) for name in flags}
        return struct(filename=p.filename(), **_normals(p), **extra, **common)

    return build


def _normals(p):
    """What a mesh does with its vertex normals; `smooth_shadows` is ours, not Mitsuba's."""
    return {
        "face_normals": p.boolean("face_normals", False),
        "smooth_shadows": p.boolean("smooth_shadows", True),
    }


def _position(struct, name):
    """Where the default of a keyword-only field stands in __struct_defaults__ (which lists the last fields)."""
    fields = struct.__struct_fields__
    return fields.index(name) - len(fields) + len(struct.__struct_defaults__)


def _serialized(p, common):
    return d.Serialized(
        filename=p.filename(),
        **_normals(p),
        shape_index=p.integer("shape_index", 0),
        **common,
    )


def _sphere(p, common):
    return d.Sphere(center=p.vector("center", (0.0, 0.0, 0.0)), radius=p.number("radius", 1.0), **common)


def _cylinder(p, common):
    return d.Cylinder(
        p0=p.vector("p0", (0.0, 0.0, 0.0)),
        p1=p.vector("p1", (0.0, 0.0, 1.0)),
        radius=p.number("radius", 1.0),
        **common,
    )


def _plain(struct):
    return lambda p, common: struct(**common)


def _curve(struct):
    return lambda p, common: struct(filename=p.filename(), **common)


def _sdfgrid(p, common):
    normals = p.choice("normals", ("smooth", "analytic"), "smooth")
    return d.SdfGrid(filename=p.filename(), normals=normals, **common)


SHAPES = {
    "obj": _mesh(d.Obj, "flip_tex_coords"),
    "ply": _mesh(d.Ply, "flip_tex_coords"),
    "stl": _mesh(d.Stl),
    "serialized": _serialized,
    "sphere": _sphere,
    "disk": _plain(d.Disk),
    "cylinder": _cylinder,
    "rectangle": _plain(d.Rectangle),
    "cube": _plain(d.Cube),
    "linearcurve": _curve(d.LinearCurve),
    "bsplinecurve": _curve(d.BSplineCurve),
    "sdfgrid": _sdfgrid,
}
