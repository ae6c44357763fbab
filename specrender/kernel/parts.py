"""Parts of the render kernel that other processes may compile ahead, with the types of their arguments.

A function is compiled when its caller is, and the types of its arguments are known from there only.  Here they are
stated, for functions that stand for many others.  A part whose types are not those of the kernel is compiled in vain.
"""

from numba import types

from specrender.kernel.aov import add_layers
from specrender.kernel.bsdf.material import evaluate_material, sample_material
from specrender.kernel.direct import trace_direct
from specrender.kernel.light import sample_chosen
from specrender.kernel.outline import lamps_in_view
from specrender.kernel.sampler import SampleState
from specrender.kernel.settings import LAYOUT
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import f32x4
from specrender.kernel.surface import Surface
from specrender.kernel.tables import Tables

_TABLES = Tables(LAYOUT, {}).numba_type
_NAMES = {"f32x4": f32x4, "int32": types.int32, "float32": types.float32}


def _tuple_type(tuple_class):
    """numba's type of a NamedTuple with annotated fields."""
    fields = [_NAMES[reference.__forward_arg__] for reference in tuple_class.__annotations__.values()]
    return types.BaseTuple.from_types(fields, tuple_class)


def _parts():
    vector, number, index = f32x4, types.float32, types.int32
    surface, state = _tuple_type(Surface), _tuple_type(SampleState)
    material = dict(_TABLES.fields)["materials"]
    choice = types.Tuple((types.int64, number))
    yield evaluate_material, (material, surface, vector, vector, vector)
    yield sample_material, (material, surface, vector, vector, number, number, number)
    yield sample_chosen, (choice, vector, vector, vector)
    yield surface_hit, (vector, vector, number, number, number, index, index)
    yield trace_direct, (state, vector, vector, number, vector, types.boolean)
    yield lamps_in_view, (state, types.int64, types.int64, vector, vector, vector, number)
    layers = types.Array(number, 3, "C")
    yield (
        add_layers,
        (types.int64, vector, vector, number, vector, vector, number, layers, types.int64, types.int64),
    )


#: (function, types of its arguments), in the order in which a process should take them.
PARTS = [(function, (_TABLES, *arguments)) for function, arguments in _parts()]
