"""What a glTF file may say, as typed structs, and its decoding: the one home of every "expected ..., got ...".

Names follow the specification ([Khronos2021] section 5), in snake case.  What is not listed here is not read;
extensions among it are found by `extension_names`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

#: Said where the file contradicts itself, which no user's setting can mend.
AGAIN = "; the file is damaged: export it again"

Index = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(ge=0, le=1e30)]
Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]
Color = tuple[Share, Share, Share]


class Item(msgspec.Struct, rename="camel", kw_only=True):
    """Base of the objects of a file."""


class Extensions(msgspec.Struct, kw_only=True):
    """Base of the objects `extensions`, whose keys are names of extensions as they stand there."""


# ---------------------------------------------------------------- numbers


class Buffer(Item):
    byte_length: Count
    uri: str | None = None


class BufferView(Item):
    buffer: Index
    byte_length: Count
    byte_offset: Bytes = 0
    byte_stride: Annotated[int, msgspec.Meta(ge=1, le=252)] | None = None


class SparseIndices(Item):
    buffer_view: Index
    component_type: int
    byte_offset: Bytes = 0


class SparseValues(Item):
    buffer_view: Index
    byte_offset: Bytes = 0


class Sparse(Item):
    count: Count
    indices: SparseIndices
    values: SparseValues


class Accessor(Item):
    component_type: int
    count: Count
    type: str
    buffer_view: Index | None = None
    byte_offset: Bytes = 0
    normalized: bool = False
    sparse: Sparse | None = None


# ---------------------------------------------------------------- images and materials


class Image(Item):
    uri: str | None = None
    buffer_view: Index | None = None


class Sampler(Item):
    mag_filter: int | None = None
    wrap_s: int = 10497
    wrap_t: int = 10497


class Texture(Item):
    source: Index | None = None
    sampler: Index | None = None
    extensions: dict[str, Any] = {}


class TextureTransform(Item):
    offset: Vec2 = (0.0, 0.0)
    rotation: float = 0.0
    scale: Vec2 = (1.0, 1.0)
    tex_coord: Index | None = None


class TextureExtensions(Extensions):
    KHR_texture_transform: TextureTransform | None = None


class TextureInfo(Item):
    index: Index
    tex_coord: Index = 0
    scale: Annotated[float, msgspec.Meta(ge=-1000, le=1000)] = 1.0  # of normal maps
    extensions: TextureExtensions = msgspec.field(default_factory=TextureExtensions)


class MetallicRoughness(Item):
    base_color_factor: tuple[Share, Share, Share, Share] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: TextureInfo | None = None
    metallic_factor: Share = 1.0
    roughness_factor: Share = 1.0
    metallic_roughness_texture: TextureInfo | None = None


class EmissiveStrength(Item):
    emissive_strength: Positive = 1.0


class Ior(Item):
    ior: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.5


class Transmission(Item):
    transmission_factor: Share = 0.0
    transmission_texture: TextureInfo | None = None


class Volume(Item):
    thickness_factor: Positive = 0.0
    thickness_texture: TextureInfo | None = None
    attenuation_color: Color = (1.0, 1.0, 1.0)


class Clearcoat(Item):
    clearcoat_factor: Share = 0.0
    clearcoat_texture: TextureInfo | None = None
    clearcoat_roughness_factor: Share = 0.0
    clearcoat_roughness_texture: TextureInfo | None = None
    clearcoat_normal_texture: TextureInfo | None = None


class MaterialExtensions(Extensions):
    KHR_materials_clearcoat: Clearcoat = msgspec.field(default_factory=Clearcoat)
    KHR_materials_emissive_strength: EmissiveStrength = msgspec.field(default_factory=EmissiveStrength)
    KHR_materials_ior: Ior = msgspec.field(default_factory=Ior)
    KHR_materials_transmission: Transmission = msgspec.field(default_factory=Transmission)
    KHR_materials_volume: Volume = msgspec.field(default_factory=Volume)


class Material(Item):
    pbr_metallic_roughness: MetallicRoughness = msgspec.field(default_factory=MetallicRoughness)
    normal_texture: TextureInfo | None = None
    occlusion_texture: TextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: Color = (0.0, 0.0, 0.0)
    alpha_mode: str = "OPAQUE"
    alpha_cutoff: Positive = 0.5
    double_sided: bool = False
    extensions: MaterialExtensions = msgspec.field(default_factory=MaterialExtensions)


# ---------------------------------------------------------------- meshes, lights, nodes


class Primitive(Item):
    attributes: dict[str, Index]
    indices: Index | None = None
    material: Index | None = None
    mode: int = 4
    targets: list[Any] = []


class Mesh(Item):
    primitives: Annotated[list[Primitive], msgspec.Meta(min_length=1)]
    name: str | None = None


class SpotCone(Item):
    inner_cone_angle: float = 0.0
    outer_cone_angle: float = 0.7853981633974483


class Light(Item):
    type: str
    color: Color = (1.0, 1.0, 1.0)
    intensity: Positive = 1.0
    range: float | None = None
    spot: SpotCone = msgspec.field(default_factory=SpotCone)


class Lights(Item):
    lights: list[Light]


class LightReference(Item):
    light: Index


class NodeExtensions(Extensions):
    KHR_lights_punctual: LightReference | None = None


class Node(Item):
    name: str | None = None
    mesh: Index | None = None
    skin: Index | None = None
    camera: Index | None = None
    children: list[Index] = []
    matrix: Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)] | None = None
    translation: Vec3 | None = None
    rotation: Vec4 | None = None
    scale: Vec3 | None = None
    extensions: NodeExtensions = msgspec.field(default_factory=NodeExtensions)


class Scene(Item):
    nodes: list[Index] = []


class Asset(Item):
    version: str


class DocumentExtensions(Extensions):
    KHR_lights_punctual: Lights | None = None


class Document(Item):
    """The JSON of a file."""

    asset: Asset
    accessors: list[Accessor] = []
    animations: list[Any] = []
    buffers: list[Buffer] = []
    buffer_views: list[BufferView] = []
    extensions: DocumentExtensions = msgspec.field(default_factory=DocumentExtensions)
    extensions_required: list[str] = []
    extensions_used: list[str] = []
    images: list[Image] = []
    materials: list[Material] = []
    meshes: list[Mesh] = []
    nodes: list[Node] = []
    samplers: list[Sampler] = []
    scene: Index | None = None
    scenes: list[Scene] = []
    textures: list[Texture] = []


# ---------------------------------------------------------------- decoding

#: JSON's types in words.
WORDS = {
    "int": "an integer",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def decode(text: bytes, error) -> tuple[Document, set[str]]:
    """(the document, the names of all extensions in it).

    error : (place, message) -> exception; the place is a path such as "meshes[0].primitives[1].indices", or "".
    """
    try:
        plain = msgspec.json.decode(text)
        return msgspec.convert(plain, Document), extension_names(plain)
    except msgspec.ValidationError as wrong:
        place, message = _in_words(str(wrong))
        raise error(place, message) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as wrong:  # which of them, depends on msgspec's version
        where = re.search(r"\(byte \d+\)", str(wrong))
        if where:
            what = f"is broken at {where[0][1:-1]}"
        else:
            what = "ends too early" if "truncated" in str(wrong) else "is not UTF-8"
        raise error("", f"the JSON {what}{AGAIN}") from None
    except RecursionError:
        raise error("", "the JSON is nested too deeply" + AGAIN) from None


def _in_words(message: str) -> tuple[str, str]:
    """(place, message) of an error of msgspec."""
    message, _, place = message.partition(" - at `$")
    place = place.rstrip("`").replace("[...]", "").lstrip(".")
    missing = re.match(r"Object missing required field `(\w+)`", message)
    if missing:
        return place, f"'{missing[1]}' is missing" + AGAIN

    def words(match):
        kinds = [WORDS.get(kind, kind) for kind in match[1].split(" | ") if kind != "null" or match[1] == "null"]
        return " or ".join(kinds)

    message = re.sub(r"`([\w |]+)`", words, message)
    message = message.replace("Number out of range", "A number out of range")
    return place, message[:1].lower() + message[1:] + AGAIN


def extension_names(plain) -> set[str]:
    """The keys of all objects `extensions`, wherever they are; what applications add in `extras` is not looked at."""
    found, stack = set(), [plain]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            named = value.get("extensions")
            if isinstance(named, dict):
                found |= named.keys()
            stack += [item for key, item in value.items() if key != "extras"]
    return found
