"""The materials of a scene as tables: BSDFs, what wraps them, and trees of materials in materials.

`MaterialTable` makes each material once.  Two sides around opaque BSDFs, and a mask around anything, are fields of a
material record; whatever is nested otherwise becomes a tree: see `kernel.bsdf.tree`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specrender.kernel.bsdf import KINDS, tree
from specrender.kernel.bsdf.material import TREE
from specrender.kernel.settings import BSDF, MATERIAL
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.materials import pack_bsdf

#: What a shape without a material is made of.
DEFAULT_MATERIAL = d.Diffuse()
#: What a mask shows where it is open.
OPENING = d.Null()

#: Materials that are made of others.
NESTING = (d.TwoSided, d.Mask, d.BlendBsdf, d.NormalMap, d.BumpMap)

#: Two-sided materials that a tree may hold; more are a mistake, or an attack.
MAX_LEAVES = 256


class Step(NamedTuple):
    """One step of `kernel.bsdf.tree`."""

    kind: int
    texture: int = -1
    flags: int = 0
    scale: float = 0.0


class MaterialTable:
    """Materials and BSDFs of the scene, each made once.

    Parameters
    ----------
    scene : the description; names of materials are looked up in it.
    builder : makes textures.
    """

    def __init__(self, scene: d.Scene, builder: TableBuilder):
        self.scene, self.builder = scene, builder
        self.materials: list[np.void] = []
        self.bsdfs: list[np.void] = []
        self.parameters: list[bytes] = []
        self.size = 0
        self._anisotropic: list[bool] = []
        self._ids: dict[int, int] = {}
        self._bsdf_ids: dict[int, int] = {}

    def resolve(self, material: d.Material | None, node: d.Node):
        """The struct behind a name (validation has excluded cycles and unknown names)."""
        while isinstance(material, str):
            if material not in self.scene.materials:
                raise d.fail(node, f"there is no material '{material}'")
            material = self.scene.materials[material]
        return DEFAULT_MATERIAL if material is None else material

    def material(self, material: d.Material | None, node: d.Node) -> int:
        """Index of a material in the table."""
        struct = self.resolve(material, node)
        if id(struct) not in self._ids:
            self._ids[id(struct)] = self._add(struct)
        return self._ids[id(struct)]

    def needs_tangent(self, index: int) -> bool:
        """Whether a material scatters differently along u and v, or bends its normals along them."""
        record = self.materials[index]
        return any(self._anisotropic[i] for i in (record["front"], record["back"]) if i >= 0)

    def has_null(self) -> bool:
        """Whether any material lets light straight through."""
        return any(record["is_null"] for record in self.materials)

    # ---------------------------------------------------------------- materials

    def _add(self, struct) -> int:
        record = np.zeros(1, MATERIAL)[0]
        record["back"] = record["opacity"] = -1
        if isinstance(struct, d.Mask):
            record["opacity"] = self.builder.scalar(struct.opacity, struct)
            struct = self.resolve(struct.material, struct)
        if isinstance(struct, d.TwoSided):
            front, back = self._sides(struct)
            record["front"], record["back"] = self._bsdf(front), self._bsdf(back)
        else:
            record["front"] = self._bsdf(struct)
        record["is_null"] = record["opacity"] >= 0 or self.bsdfs[record["front"]]["is_null"]
        self.materials.append(record)
        return len(self.materials) - 1

    def _sides(self, struct: d.TwoSided):
        """The opaque materials of the two sides."""
        sides = (struct.material, struct.material if struct.back is None else struct.back)
        resolved = [self.resolve(side, struct) for side in sides]
        for side in resolved:
            inner = self._transmissive(side)
            if inner is not None:
                raise d.fail(struct, f"twosided needs an opaque material inside, not '{inner}'")
        return resolved

    def _transmissive(self, struct) -> str | None:
        """The type of what lets light through in a material, or None."""
        if isinstance(struct, (*d.TRANSMISSIVE, d.TwoSided)):
            return type(struct).__struct_config__.tag
        if isinstance(struct, d.Principled) and struct.spec_trans != 0.0:
            return "principled with spec_trans"
        found = (self._transmissive(child) for child in self._children(struct))
        return next((kind for kind in found if kind is not None), None)

    def _children(self, struct):
        fields = ("first", "second") if isinstance(struct, d.BlendBsdf) else ("material",)
        return [self.resolve(getattr(struct, f), struct) for f in fields] if isinstance(struct, NESTING) else []

    # ---------------------------------------------------------------- BSDFs

    def _bsdf(self, struct) -> int:
        """Index of a BSDF, or of the tree of a nested material."""
        if id(struct) not in self._bsdf_ids:
            add = self._add_tree if isinstance(struct, NESTING) else self._add_leaf
            self._bsdf_ids[id(struct)] = add(struct)
        return self._bsdf_ids[id(struct)]

    def _append(self, data: bytes) -> int:
        """Put bytes into the parameters, at a multiple of 16; returns their offset."""
        offset = self.size
        data += bytes(-len(data) % 16)
        self.parameters.append(data)
        self.size += len(data)
        return offset

    def _add_leaf(self, struct) -> int:
        tag, parameters = pack_bsdf(struct, self.builder)
        record = np.zeros(1, BSDF)[0]
        record["kind"], record["offset"] = tag, self._append(parameters.tobytes())
        record["is_smooth"] = KINDS[tag].is_smooth
        record["has_mirror"] = KINDS[tag].has_mirror
        record["sees_behind"] = self._transmissive(struct) is not None
        record["is_null"] = isinstance(struct, d.Null)
        record["albedo"] = self.builder.spectral(_albedo(struct), "reflectance", struct)
        self.bsdfs.append(record)
        self._anisotropic.append(KINDS[tag].is_anisotropic)
        return len(self.bsdfs) - 1

    def _add_tree(self, struct) -> int:
        found = list(self._leaves(struct, ()))
        leaves = np.zeros(len(found), tree.LEAF_DTYPE)
        for leaf, (index, steps) in zip(leaves, found, strict=True):
            records = np.array([tuple(step) for step in steps], tree.STEP_DTYPE)
            leaf["bsdf"], leaf["is_null"] = index, self.bsdfs[index]["is_null"]
            leaf["step_count"], leaf["first_step"] = len(steps), self._append(records.tobytes())
        header = np.zeros((), tree.TREE_DTYPE)
        header["leaf_count"], header["first_leaf"] = len(leaves), self._append(leaves.tobytes())
        record = np.zeros(1, BSDF)[0]
        record["kind"], record["offset"] = TREE, self._append(header.tobytes())
        record["is_smooth"] = any(self.bsdfs[leaf["bsdf"]]["is_smooth"] for leaf in leaves)
        record["is_null"] = leaves["is_null"].any()
        record["albedo"] = self.bsdfs[leaves[0]["bsdf"]]["albedo"]
        turns = any(step.kind in (tree.NORMAL_MAP, tree.BUMP_MAP) for _, steps in found for step in steps)
        record["sees_behind"] = turns or any(self.bsdfs[leaf["bsdf"]]["sees_behind"] for leaf in leaves)
        self.bsdfs.append(record)
        self._anisotropic.append(turns or any(self._anisotropic[index] for index, _ in found))
        return len(self.bsdfs) - 1

    def _leaves(self, struct, steps):
        """(BSDF, steps from the root) of every leaf below a material."""
        branches = self._branches(struct)
        if not branches:
            yield self._bsdf(struct), steps
            return
        count = 0
        for child, step in branches:
            for leaf in self._leaves(self.resolve(child, struct), (*steps, step)):
                count += 1
                if count > MAX_LEAVES:
                    raise d.fail(struct, f"a material may be made of {MAX_LEAVES} others at most")
                yield leaf

    def _branches(self, struct):
        """[(child, step)] of a nested material; [] of others."""
        scalar = self.builder.scalar
        if isinstance(struct, d.BlendBsdf):
            weight = scalar(struct.weight, struct)
            return [(struct.first, Step(tree.BLEND_FIRST, weight)), (struct.second, Step(tree.BLEND_SECOND, weight))]
        if isinstance(struct, d.Mask):
            covered = scalar(struct.opacity, struct)
            return [(OPENING, Step(tree.BLEND_FIRST, covered)), (struct.material, Step(tree.BLEND_SECOND, covered))]
        if isinstance(struct, d.TwoSided):
            front, back = self._sides(struct)
            return [(front, Step(tree.FRONT)), (back, Step(tree.BACK))]
        if isinstance(struct, (d.NormalMap, d.BumpMap)):
            flags = tree.FLIP_INVALID * struct.flip_invalid_normals | tree.SHADOWING * struct.use_shadowing_function
            if isinstance(struct, d.NormalMap):
                return [(struct.material, Step(tree.NORMAL_MAP, self.builder.vector(struct.normalmap, struct), flags))]
            return [(struct.material, Step(tree.BUMP_MAP, scalar(struct.bumpmap, struct), flags, struct.scale))]
        return []


def _albedo(struct) -> d.Spectrum:
    """What the albedo layer shows of a material: the colour of its base, or of its reflection."""
    for name in ("reflectance", "diffuse_reflectance", "base_color", "specular_reflectance"):
        if hasattr(struct, name):
            return getattr(struct, name)
    return 1.0
