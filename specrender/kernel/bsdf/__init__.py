"""BSDFs: one file a kind, listed in `KINDS`, and the material that wraps them.

A new kind is a file beside this one and a row in KINDS (its position is its tag).
"""

from specrender.kernel.bsdf import (
    conductor,
    dielectric,
    diffuse,
    diffusetransmission,
    hair,
    measured,
    null,
    plastic,
    principled,
    principledthin,
    roughconductor,
    roughdielectric,
    roughdiffuse,
    roughplastic,
    thindielectric,
)
from specrender.kernel.dispatch import dispatcher

KINDS = (
    diffuse.KIND,
    dielectric.KIND,
    thindielectric.KIND,
    roughdielectric.KIND,
    conductor.KIND,
    roughconductor.KIND,
    plastic.KIND,
    roughplastic.KIND,
    null.KIND,
    roughdiffuse.KIND,
    diffusetransmission.KIND,
    principled.KIND,
    principledthin.KIND,
    hair.KIND,
    measured.KIND,
)

TAGS = {kind.name: tag for tag, kind in enumerate(KINDS)}

_OUTLINED = [tag for tag, kind in enumerate(KINDS) if kind.is_outlined]
_FEATURES = {tag: kind.feature for tag, kind in enumerate(KINDS) if kind.feature}
_EVALUATE, _SAMPLE = [kind.evaluate for kind in KINDS], [kind.sample for kind in KINDS]

dispatch_evaluate = dispatcher(_EVALUATE, _OUTLINED, _FEATURES)
dispatch_sample = dispatcher(_SAMPLE, _OUTLINED, _FEATURES)
#: The same for materials in materials, where a call more does not count.
call_evaluate = dispatcher(_EVALUATE, range(len(KINDS)))
call_sample = dispatcher(_SAMPLE, range(len(KINDS)))
