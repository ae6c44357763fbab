"""Shapes: what the BVH needs of those that are no triangles, and the surface at a hit.

A new analytic shape is a tag in `layout.py` and its arms in `analytic.py`; everything made of triangles needs nothing.
"""

from specrender.kernel.shape.instance import intersect_object, occludes_object

__all__ = ["intersect_object", "occludes_object"]
