"""Metallic-roughness materials of a glTF file as `principled` and what wraps it."""

from __future__ import annotations

from typing import NamedTuple

from specrender.errors import did_you_mean
from specrender.scene import description as d
from specrender.scene.readers.gltf.document import AGAIN, Material, MaterialExtensions, TextureInfo
from specrender.scene.readers.gltf.textures import Textures

#: Roughness below which the highlight of a lamp is smaller than any pixel, and noise.
LEAST_ROUGHNESS = 0.03
#: The texture that shows the colours of a mesh's vertices, already multiplied by the factor of its material.
VERTEX_COLOR = "glTF vertex colours"


class Look(NamedTuple):
    """What a primitive looks like; texcoord: the set of texture coordinates its textures use, None without any."""

    material: d.Material
    emitter: d.AreaLight | None
    texcoord: int | None
    has_normal_map: bool
    color_factor: tuple[float, float, float]


class Materials:
    """The looks of a file, each made once."""

    def __init__(self, textures: Textures):
        self.textures, self.file = textures, textures.file
        self._made: dict[tuple, Look] = {}

    def look(self, index: int | None, place: str, has_colors: bool, is_mirrored: bool = False) -> Look:
        """The look of a primitive, or of its faces whose textures are mirrored.

        glTF's default is a white metal of full roughness.
        """
        key = (index, has_colors, is_mirrored)
        if key not in self._made:
            entry = Material() if index is None else self.file.item("materials", index, place)
            self._made[key] = _Maker(self.textures, entry, f"materials[{index}]", has_colors, is_mirrored).look()
        return self._made[key]


class _Maker:
    def __init__(self, textures, entry: Material, place, has_colors, is_mirrored):
        self.textures, self.file = textures, textures.file
        self.entry, self.place, self.has_colors, self.is_mirrored = entry, place, has_colors, is_mirrored
        self.surface = entry.pbr_metallic_roughness
        self.extensions: MaterialExtensions = entry.extensions
        self.texcoords: list[int] = []

    def look(self) -> Look:
        if self.entry.occlusion_texture is not None:
            self.file.note("occlusionTexture is not used: light is traced")
        base = self._base()
        material = base
        if self.entry.normal_texture is not None:
            material = self._normal_map(material)
        if self.entry.double_sided and isinstance(base, d.Principled) and base.spec_trans == 0.0:
            material = d.TwoSided(material=material)
        material = self._masked(material)
        emitter = self._emitter()
        if len(set(self.texcoords)) > 1:
            sets = " and ".join(f"TEXCOORD_{k}" for k in sorted(set(self.texcoords)))
            message = f"its textures use {sets}, a mesh has one set of texture coordinates here; bake them to one"
            raise self.file.error(self.place, message)
        texcoord = self.texcoords[0] if self.texcoords else None
        return Look(
            material, emitter, texcoord, self.entry.normal_texture is not None, self.surface.base_color_factor[:3]
        )

    def _use(self, info: TextureInfo, place: str) -> str:
        """The place of a texture; which texture coordinates it uses is kept."""
        moved = info.extensions.KHR_texture_transform
        self.texcoords.append(info.tex_coord if moved is None or moved.tex_coord is None else moved.tex_coord)
        return f"{self.place}.{place}"

    def _number(self, factor: float, info: TextureInfo | None, place: str, channel: str) -> d.FloatTexture:
        """A factor, times a channel of its texture if there is one."""
        if info is None or factor == 0.0:
            return factor
        return self.textures.number(info, self._use(info, place), channel, scale=factor)

    def _color(self, factor, info: TextureInfo | None, place: str) -> d.SpectrumSpec:
        """A linear Rec.709 colour, or a texture times one."""
        if info is None:
            return d.SpectrumSpec(rgb=tuple(factor))
        return d.SpectrumSpec(texture=self.textures.name(info, self._use(info, place), scale=tuple(factor)))

    # ------------------------------------------------------------ parts

    def _base(self) -> d.Principled | d.PrincipledThin:
        surface, clearcoat = self.surface, self.extensions.KHR_materials_clearcoat
        place = "pbrMetallicRoughness"
        maps, both = surface.metallic_roughness_texture, f"{place}.metallicRoughnessTexture"
        roughness = self._number(surface.roughness_factor, maps, both, "g")
        metallic = self._number(surface.metallic_factor, maps, both, "b")
        transmission = self.extensions.KHR_materials_transmission
        extension = "extensions.KHR_materials_transmission.transmissionTexture"
        passes = self._number(transmission.transmission_factor, transmission.transmission_texture, extension, "r")
        shared = {
            "base_color": self._base_color(f"{place}.baseColorTexture"),
            "roughness": max(roughness, LEAST_ROUGHNESS) if isinstance(roughness, float) else roughness,
            "eta": self._eta(),
            "spec_trans": passes,
        }
        volume = self.extensions.KHR_materials_volume
        if min(volume.attenuation_color) < 1.0:
            self.file.note("the absorption of KHR_materials_volume is not used: what is inside is clear")
        is_thin = passes != 0.0 and volume.thickness_factor == 0.0
        if is_thin and metallic == 0.0 and clearcoat.clearcoat_factor == 0.0:
            return d.PrincipledThin(**shared)
        if is_thin:
            self.file.note("a transmitting material with metalness or a coat refracts as a solid, not a thin sheet")
        return d.Principled(metallic=metallic, **shared, **self._coat(clearcoat))

    def _base_color(self, place) -> d.SpectrumSpec:
        info = self.surface.base_color_texture
        if not self.has_colors:
            return self._color(self.surface.base_color_factor[:3], info, place)
        if info is None:
            return d.SpectrumSpec(texture=VERTEX_COLOR)
        self.file.note("vertex colours are not multiplied with a texture; the texture alone is used")
        return self._color(self.surface.base_color_factor[:3], info, place)

    def _eta(self) -> float:
        ior = self.extensions.KHR_materials_ior.ior
        if ior < 1.0:
            message = f"an index of {ior:g} cannot be rendered; give 1 or more"
            raise self.file.error(f"{self.place}.extensions.KHR_materials_ior.ior", message)
        return ior

    def _coat(self, coat) -> dict:
        place = "extensions.KHR_materials_clearcoat"
        if coat.clearcoat_normal_texture is not None:
            self.file.note("clearcoatNormalTexture is not used: the coat has the normals of its base")
        strength = self._number(coat.clearcoat_factor, coat.clearcoat_texture, f"{place}.clearcoatTexture", "r")
        gloss = 1.0 - coat.clearcoat_roughness_factor
        info = coat.clearcoat_roughness_texture
        if info is not None and strength != 0.0 and gloss != 1.0:
            where = self._use(info, f"{place}.clearcoatRoughnessTexture")
            gloss = self.textures.number(info, where, "g", scale=gloss - 1.0, offset=1.0)
        return {"clearcoat": strength, "clearcoat_gloss": gloss}

    def _normal_map(self, material) -> d.NormalMap:
        """Colours c mean the direction 2 c - 1, whose x and y are scaled: in colours c s + (1 - s) / 2.

        y points up in the image.  The kernel's frame is always right-handed, so that its y does so where the image is
        not mirrored, and points down where it is.
        """
        info = self.entry.normal_texture
        fields = {"raw": True}
        scale = (info.scale, -info.scale if self.is_mirrored else info.scale, 1.0)
        if scale != (1.0, 1.0, 1.0):
            fields |= {"scale": scale, "offset": tuple((1.0 - s) / 2.0 for s in scale)}
        name = self.textures.name(info, self._use(info, "normalTexture"), **fields)
        return d.NormalMap(material=material, normalmap=d.TextureRef(texture=name))

    def _masked(self, material) -> d.Material:
        """The material with its opacity: the factor times the texture's alpha, which a cutoff may make 0 or 1."""
        mode, cutoff = self.entry.alpha_mode, self.entry.alpha_cutoff
        if mode not in ("OPAQUE", "MASK", "BLEND"):
            message = f"got '{mode}'{did_you_mean(mode, ['OPAQUE', 'MASK', 'BLEND'])}{AGAIN}"
            raise self.file.error(f"{self.place}.alphaMode", message)
        if mode == "OPAQUE":
            return material
        factor, info = self.surface.base_color_factor[3], self.surface.base_color_texture
        opacity = factor
        if info is not None and factor > 0.0:
            fields = {"scale": factor} if mode == "BLEND" else {"threshold": cutoff / factor}
            where = self._use(info, "pbrMetallicRoughness.baseColorTexture")
            opacity = self.textures.number(info, where, "a", **fields)
        elif mode == "MASK":
            opacity = float(factor >= cutoff)
        return material if opacity == 1.0 else d.Mask(material=material, opacity=opacity)

    def _emitter(self) -> d.AreaLight | None:
        factor = self.entry.emissive_factor
        strength = self.extensions.KHR_materials_emissive_strength.emissive_strength
        if not any(factor) or strength == 0.0:
            return None
        if self.entry.double_sided:
            self.file.note("a double-sided lamp shines from its front side only")
        color = self._color(factor, self.entry.emissive_texture, "emissiveTexture")
        return d.AreaLight(radiance=color, intensity=strength, normalize=False)
