"""The scene vocabulary: what a scene file can say, as typed structs, whatever its syntax.

Type and parameter names are Mitsuba 3's wherever Mitsuba has the thing.  Units: lengths in scene units, angles in
degrees, wavelengths in nm, temperatures in kelvin, radiance in W m^-2 sr^-1 nm^-1.  A struct's tag is the ``type`` of
the scene file; a field is a parameter; its default is what an absent parameter means.

The readers build these structs (and validate types, names and ranges that need no other object); `scene.compile` turns
them into kernel tables.  `where(node)` says where in which file a node was written, for messages.

One module a kind of thing; the package has all their names, so that the rest of the code says `description.NAME`.
"""

from specrender.scene.description.cameras import *  # noqa: F403
from specrender.scene.description.film import *  # noqa: F403
from specrender.scene.description.integrators import *  # noqa: F403
from specrender.scene.description.lights import *  # noqa: F403
from specrender.scene.description.materials import *  # noqa: F403
from specrender.scene.description.node import *  # noqa: F403
from specrender.scene.description.samplers import *  # noqa: F403
from specrender.scene.description.scene import *  # noqa: F403
from specrender.scene.description.shapes import *  # noqa: F403
from specrender.scene.description.spectra import *  # noqa: F403
from specrender.scene.description.textures import *  # noqa: F403
