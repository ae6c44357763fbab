"""What a kernel may be compiled without, and the variants of the kernel that are.

A scene of plain triangles has no use for the code of hair, masks and instances; that code would still cost it tests,
registers, and bodies that the optimiser plans for: a tenth of the time of a Cornell box.  So a part that few scenes
need asks `has_<feature>()`.  That is no test at run time: the linker fills in the answer (`program.Program`), and what
is dead goes.

An entry point is made once for each of `VARIANTS`; a scene takes the first one that has all it needs (`variant_for`).
What it takes depends on nothing but the scene and the settings of the render, and so do the bits of the picture.
Functions that are compiled for other purposes have all features.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: name -> what the kernel lacks without it.
FEATURES = {
    "objects": "shapes that are not made of triangles, and instances",
    "masks": "surfaces that light passes straight through: null, mask",
    "trees": "BSDFs made of BSDFs: blends, bumps, normal maps",
    "rare_bsdfs": "those kinds of BSDF that are marked as outlined",
    "many_lights": "the tree of lights",
    "beams": "lights without a surface that are not all around the scene: point, spot, directional, projector ...",
    "layers": "spectral bins, sensor responses and AOVs beside the picture",
    "integrators": "integrators other than path",
    "cameras": "sensors other than those that make pictures",
    "smooth_shadows": "rays that leave a mesh from the surface that its vertex normals tell of",
    "options": "hidden emitters and clamped contributions",
}

#: variant -> its features; from the smallest to the one that has all.
VARIANTS = {
    "plain": frozenset(),
    "smooth": frozenset({"smooth_shadows"}),
    "full": frozenset(FEATURES),
}

_PREFIX = "specrender.has."


def variant_for(needed) -> str:
    """The first variant with all features in `needed`."""
    return next(name for name, features in VARIANTS.items() if features >= set(needed))


def emit_has(builder, feature):
    """The i1 that says whether `feature` is compiled in, for intrinsics."""
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(1), []), _PREFIX + feature)
    return builder.call(function, [])


def _has(feature):
    @intrinsic
    def has(typingctx):
        def codegen(context, builder, sig, args):
            return emit_has(builder, feature)

        return types.boolean(), codegen

    return has


def answers(features):
    """LLVM assembly of what `emit_has` calls, for a program with these features."""
    return "\n".join(
        f'define linkonce_odr i1 @"{_PREFIX}{name}"() alwaysinline {{ ret i1 {int(name in features)} }}'
        for name in FEATURES
    )


has_objects = _has("objects")
has_masks = _has("masks")
has_trees = _has("trees")
has_many_lights = _has("many_lights")
has_beams = _has("beams")
has_layers = _has("layers")
has_integrators = _has("integrators")
has_cameras = _has("cameras")
has_smooth_shadows = _has("smooth_shadows")
has_options = _has("options")
