"""Shapes: what the BVH needs of those that are no triangles, and the surface at a hit.

Everything made of triangles needs nothing here.  A new kind of object is a tag in `layout.py`, an intersection with its
arm in `part.py`, and an arm of `_part_hit` in `hit.py`.
"""

from specrender.kernel.shape.instance import intersect_object, occludes_object

__all__ = ["intersect_object", "occludes_object"]
