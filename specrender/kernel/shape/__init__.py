"""Shapes: what the BVH needs of analytic ones, and the surface at a hit.

A new analytic shape is a tag in `layout.py` and its arms in `analytic.py`; everything made of triangles needs nothing.
"""

from specrender.kernel.shape.analytic import intersect_object

__all__ = ["intersect_object"]
