"""The acceleration structure: an 8-wide bounding volume hierarchy (layout.py), its builder and its traversal."""
