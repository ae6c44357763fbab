"""Which variant of the kernel a scene takes."""

import numpy as np

from specrender.kernel.bsdf import KINDS
from specrender.kernel.bsdf.material import TREE
from specrender.kernel.camera.layout import RADIANCE_METER
from specrender.kernel.features import variant_for
from specrender.kernel.light.layout import AREA, CONSTANT
from specrender.kernel.settings import PATH
from specrender.kernel.shape.layout import MESH, SMOOTH_SHADOWS
from specrender.kernel.tables import Tables


def needed_features(tables: Tables) -> set[str]:
    """The features (see `kernel.features`) that the kernel must have to render these tables."""
    arrays = tables.arrays
    settings, lights = arrays["settings"][0], arrays["lights"]
    kinds = set(np.unique(arrays["bsdfs"]["kind"]).tolist())
    has_lights = settings["light_count"] > 0
    needs = {
        "objects": (arrays["shapes"]["kind"] != MESH).any(),
        "masks": settings["has_null"] or (arrays["materials"]["opacity"] >= 0).any(),
        "trees": TREE in kinds,
        "many_lights": settings["has_light_tree"],
        "beams": has_lights and ((lights["kind"] != AREA) & (lights["kind"] < CONSTANT)).any(),
        "layers": settings["bin_count"] or settings["response_count"] or settings["aov_count"],
        "integrators": settings["integrator"] != PATH,
        "cameras": (arrays["cameras"]["kind"] >= RADIANCE_METER).any(),
        "smooth_shadows": (arrays["shapes"]["flags"] & SMOOTH_SHADOWS).any(),
        "options": settings["hide_emitters"] or settings["clamp_indirect"] > 0,
    }
    features = {name for name, is_needed in needs.items() if is_needed}
    return features | {KINDS[kind].feature for kind in kinds if kind != TREE and KINDS[kind].feature}


def variant_of(tables: Tables) -> str:
    """The variant of the kernel that renders these tables."""
    return variant_for(needed_features(tables))
