"""Textures of the scene to records of the kernel: `pack_texture`, one packer a struct.

A texture is made once for each role it plays: "reflectance", "unbounded" and "emission" give spectra (see
`TableBuilder.host_spectrum`), "scalar" one number, "raw" three numbers that are no colour (normal maps).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specrender.color import xyz_to_rgb
from specrender.errors import with_article
from specrender.kernel.texture import layout
from specrender.scene import description as d
from specrender.scene.compile.images import load_image, load_spectral_image, luminance_of
from specrender.scene.compile.scene_spectra import located
from specrender.spectra.spectrum import Tabulated, integrate_xyz
from specrender.spectra.uplift import white_spectrum

#: Texels of a spectral image lie on an even grid of at most this many wavelengths.
MAX_BANDS = 1024


def pack_texture(texture: d.Texture, role: str, builder) -> int:
    """Texture id of one texture in a role; SceneError where it cannot play it."""
    return PACKERS[type(texture)](texture, role, builder)


def _uv_fields(to_uv: d.Transform) -> dict:
    m = to_uv.matrix
    names = ("uv_xx", "uv_xy", "uv_x", "uv_yx", "uv_yy", "uv_y")
    return dict(zip(names, (m[0, 0], m[0, 1], m[0, 3], m[1, 0], m[1, 1], m[1, 3]), strict=True))


# ---------------------------------------------------------------- images


def _image_fields(texture, pixels) -> dict:
    height, width = pixels.shape[:2]
    flags = {"repeat": 0, "mirror": layout.MIRROR, "clamp": layout.CLAMP}[texture.wrap_mode]
    flags |= layout.NEAREST if texture.filter_type == "nearest" else 0
    return {"width": width, "height": height, "flags": flags, **_uv_fields(texture.to_uv)}


def _bitmap(texture: d.Bitmap, role: str, builder) -> int:
    raw = texture.raw or texture.channel is not None
    pixels = located(load_image, texture, Path(texture.filename), raw, texture.channel)
    pixels = _adjusted(pixels, texture, role)
    fields = _image_fields(texture, pixels)
    if role == "scalar":
        scalars = luminance_of(pixels)
        fields |= {"offset": builder.values(scalars), "mean": float(scalars.mean())}
        return builder.texture(kind=layout.SCALAR_BITMAP, **fields)
    # an image of lights that carry no white, those of Mitsuba's files, is uplifted as one of reflectances, as there
    is_bounded = role == "unbounded" and builder.mode == "spectral" and pixels.max() <= 1.0
    texels, flags = builder.texels(pixels, texture.space, "reflectance" if is_bounded else role)
    fields["flags"] |= flags
    if role == "emission" and builder.mode == "spectral":
        fields["illuminant"] = builder.spectrum(white_spectrum(texture.space), "emission")
    fields |= {"offset": builder.values(texels) // 4, "mean": float(np.abs(pixels).mean())}
    return builder.texture(kind=layout.BITMAP, **fields)


def _adjusted(pixels: np.ndarray, texture: d.Bitmap, role: str) -> np.ndarray:
    """Pixels with the scale, offset and threshold of a bitmap, within the limits of what they mean in a role."""
    if texture.scale != 1.0 or texture.offset != 0.0:
        pixels = pixels * np.float32(texture.scale) + np.float32(texture.offset)
        if role != "raw":
            pixels = np.clip(pixels, 0.0, 1.0 if role == "reflectance" else None)
    if texture.threshold is not None:
        pixels = (pixels >= np.float32(texture.threshold)).astype(np.float32)
    return pixels


def _spectral_bitmap(texture: d.SpectralBitmap, role: str, builder) -> int:
    if role in ("scalar", "raw"):
        raise d.fail(texture, "a spectral_bitmap gives spectra; where numbers are wanted, use a bitmap")
    prefer = "S0" if role == "emission" else "T"
    wavelengths, spectra = located(load_spectral_image, texture, Path(texture.filename), prefer)
    wavelengths, spectra = _evenly_spaced(wavelengths, spectra * np.float32(texture.scale))
    spectra = np.clip(spectra, 0.0, 1.0 if role == "reflectance" else None)
    fields = _image_fields(texture, spectra)
    hold = texture.extrapolate == "hold"
    fields["mean"] = builder.mean_of_line(wavelengths, spectra.mean(axis=(0, 1)), hold)
    if builder.mode == "rgb":
        texels = np.zeros((*spectra.shape[:2], 4), np.float32)
        texels[..., :3] = spectra @ _bands_to_rgb(wavelengths, hold, role, builder.rgb_space)
        texels = np.clip(texels, 0.0, 1.0 if role == "reflectance" else None)
        fields["flags"] |= layout.RGB_TEXELS
        return builder.texture(kind=layout.BITMAP, offset=builder.values(texels) // 4, **fields)
    fields["flags"] |= layout.HOLD if hold else 0
    padded = np.concatenate([spectra, spectra[..., -1:]], axis=2)
    return builder.texture(
        kind=layout.SPECTRAL_BITMAP,
        offset=builder.values(padded),
        count=len(wavelengths),
        start=wavelengths[0],
        inv_step=1.0 / (wavelengths[1] - wavelengths[0]),
        **fields,
    )


def _evenly_spaced(wavelengths: np.ndarray, spectra: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Samples on an even grid; uneven ones are interpolated at their smallest step."""
    if len(wavelengths) == 1:
        return np.array([wavelengths[0], wavelengths[0] + 1.0]), np.repeat(spectra, 2, axis=2)
    steps = np.diff(wavelengths)
    if np.ptp(steps) <= 1e-3 * steps.mean():
        return np.linspace(wavelengths[0], wavelengths[-1], len(wavelengths)), spectra
    span = wavelengths[-1] - wavelengths[0]
    even = np.linspace(wavelengths[0], wavelengths[-1], min(MAX_BANDS, 1 + int(np.ceil(span / steps.min() - 1e-6))))
    position = np.clip(np.searchsorted(wavelengths, even, side="right") - 1, 0, len(wavelengths) - 2)
    share = ((even - wavelengths[position]) / steps[position]).astype(np.float32)
    return even, spectra[..., position] * (1.0 - share) + spectra[..., position + 1] * share


def _bands_to_rgb(wavelengths, hold: bool, role: str, rgb_space: str) -> np.ndarray:
    """(n, 3): RGB of the hat function of each sample, by the projection rule of rgb mode."""
    grid = np.arange(360.0, 830.5)
    white = 1.0 if role == "emission" else white_spectrum("srgb")(grid)
    edges = {} if hold else {"left": 0.0, "right": 0.0}
    hats = [np.interp(grid, wavelengths, row, **edges) * white for row in np.eye(len(wavelengths))]
    return np.stack([xyz_to_rgb(rgb_space) @ integrate_xyz(Tabulated(grid, hat)) for hat in hats])


# ---------------------------------------------------------------- textures made of others


def _children(texture, role: str, builder) -> dict:
    """The two colours of a checkerboard or pattern in the role it plays, and their mean."""
    ids = []
    for name in ("color0", "color1"):
        color = getattr(texture, name)
        if isinstance(color, d.SpectrumSpec) and color.texture is not None:
            ids.append(builder.named_texture(color.texture, role, texture))
        elif role in ("scalar", "raw"):
            if not isinstance(color, (int, float)) or role == "raw":
                kind = with_article(type(texture).__struct_config__.tag)
                raise d.fail(texture, f"the {name} of {kind} must be a plain number or a texture for this parameter")
            ids.append(builder.scalar(color))
        else:
            ids.append(builder.spectral(color, role, texture))
    mean = 0.5 * (builder.mean(ids[0]) + builder.mean(ids[1]))
    return {"child0": ids[0], "child1": ids[1], "mean": mean, **_uv_fields(texture.to_uv)}


def _checkerboard(texture: d.Checkerboard, role: str, builder) -> int:
    if role == "raw":
        raise d.fail(texture, "a checkerboard cannot hold normals or other raw numbers")
    return builder.texture(kind=layout.CHECKERBOARD, **_children(texture, role, builder))


def _pattern(kind: int):
    def pack(texture: d.Pattern, role: str, builder) -> int:
        fields = _children(texture, role, builder)
        for name in ("child0", "child1"):
            if builder.textures[fields[name]]["kind"] in (layout.CHECKERBOARD, *KINDS_OF_PATTERN.values()):
                raise d.fail(texture, "a pattern mixes colours and images, not checkerboards or other patterns")
        return builder.texture(
            kind=kind,
            count=texture.octaves,
            value0=texture.roughness,
            value1=getattr(texture, "distortion", 0.0),
            width=texture.seed,
            **fields,
        )

    return pack


KINDS_OF_PATTERN = {d.Noise: layout.NOISE, d.Marble: layout.MARBLE, d.Wood: layout.WOOD}


def _mesh_attribute(texture: d.MeshAttribute, role: str, builder) -> int:
    """The record; where each mesh keeps its values is known, and filled in, after all meshes are."""
    if role == "raw":
        raise d.fail(texture, "a mesh_attribute cannot hold normals or other raw numbers")
    flags = layout.FACE if texture.name.startswith("face_") else 0
    kind, illuminant = layout.SCALAR_MESH_ATTRIBUTE, -1
    if role != "scalar":
        kind = layout.MESH_ATTRIBUTE
        if builder.mode == "rgb":
            flags |= layout.RGB_TEXELS
        elif role == "emission":
            illuminant = builder.spectrum(white_spectrum("srgb"), "emission")
    index = builder.texture(kind=kind, flags=flags, scale=texture.scale, illuminant=illuminant, mean=0.5)
    builder.attribute_textures.append((index, texture, role))
    return index


PACKERS = {
    d.Bitmap: _bitmap,
    d.SpectralBitmap: _spectral_bitmap,
    d.Checkerboard: _checkerboard,
    d.MeshAttribute: _mesh_attribute,
    **{struct: _pattern(kind) for struct, kind in KINDS_OF_PATTERN.items()},
}
