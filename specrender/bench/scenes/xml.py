"""Scenes as Mitsuba XML: the same file for specrender and for Mitsuba.

Each maker writes a folder with `scene.xml` and its meshes and images, and returns the path of the XML file.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np

from specrender.bench.scenes.geometry import TriangleMesh, bumpy_sphere, terrain, write_environment, write_ply
from specrender.spectra import catalogue
from specrender.spectra.spectrum import luminance

#: Corners of the walls, the lamp and the blocks of the Cornell box [mm], and what they are made of.  Source: see
#: data/cornell.csv.  A block is its upper face; its sides go down to the floor.
WALLS = {
    "lamp": ([(343, 548.3, 227), (343, 548.3, 332), (213, 548.3, 332), (213, 548.3, 227)], "white"),
    "floor": ([(552.8, 0, 0), (0, 0, 0), (0, 0, 559.2), (549.6, 0, 559.2)], "white"),
    "ceiling": ([(556, 548.8, 0), (556, 548.8, 559.2), (0, 548.8, 559.2), (0, 548.8, 0)], "white"),
    "back": ([(549.6, 0, 559.2), (0, 0, 559.2), (0, 548.8, 559.2), (556, 548.8, 559.2)], "white"),
    "right": ([(0, 0, 559.2), (0, 0, 0), (0, 548.8, 0), (0, 548.8, 559.2)], "green"),
    "left": ([(552.8, 0, 0), (549.6, 0, 559.2), (556, 548.8, 559.2), (556, 548.8, 0)], "red"),
}
BLOCKS = {
    "short": [(130, 165, 65), (82, 165, 225), (240, 165, 272), (290, 165, 114)],
    "tall": [(423, 330, 247), (265, 330, 296), (314, 330, 456), (472, 330, 406)],
}
#: Emission of the lamp: what Mitsuba's copy of the scene has.
LAMP = "400:0, 500:8, 600:15.6, 700:18.4"
#: The colours of Mitsuba's RGB copy.
RGB = {"white": "0.885809, 0.698859, 0.666422", "green": "0.105421, 0.37798, 0.076425",
       "red": "0.570068, 0.0430135, 0.0443706", "lamp": "18.387, 10.9873, 2.75357"}  # fmt: skip


def reflectances() -> dict[str, list[tuple[float, float]]]:
    """Measured reflectances of the Cornell box: name -> (wavelength [nm], value) pairs."""
    text = files("specrender.bench").joinpath("data/cornell.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    names = [name for name in rows[0] if name != "wavelength_nm"]
    return {name: [(float(row["wavelength_nm"]), float(row[name])) for row in rows] for name in names}


def cornell_meshes() -> dict[str, tuple[TriangleMesh, str]]:
    """name -> (mesh, material) of the Cornell box."""
    quad = np.array([(0, 1, 2), (0, 2, 3)], np.int32)
    meshes = {name: (TriangleMesh(np.array(points, np.float32), quad), made) for name, (points, made) in WALLS.items()}
    for name, top in BLOCKS.items():
        low = [(x, 0, z) for x, _, z in top]
        # each face has corners of its own, so that nobody makes smooth normals of shared ones
        faces = [top] + [[low[i], low[(i + 1) % 4], top[(i + 1) % 4], top[i]] for i in range(4)]
        points = np.array([point for face in faces for point in face], np.float32)
        triangles = np.concatenate([quad + 4 * i for i in range(5)])
        meshes[name] = (TriangleMesh(points, triangles), "white")
    return meshes


def lamp_of(name: str) -> str:
    """The emission of the Cornell box's lamp, with the spectrum of another one, of about the same luminance."""
    spectrum = catalogue.named(name)
    nm = np.arange(spectrum.wavelengths[0], spectrum.wavelengths[-1] + 0.5)
    return ", ".join(f"{x:g}:{v:.6g}" for x, v in zip(nm, 12.0 / luminance(spectrum) * spectrum(nm), strict=True))


def cornell_box(folder: Path, mode: str = "spectral", lamp: str = LAMP) -> Path:
    """Mitsuba's cbox-spectral or cbox-rgb: 256x256, depth 6, one lamp.

    lamp : its emission in spectral mode, "nm:value, ...".
    """
    meshes = {name: _mesh(folder, name, mesh) for name, (mesh, _) in cornell_meshes().items()}
    if mode == "spectral":
        tables = {name: ", ".join(f"{nm:g}:{v:g}" for nm, v in pairs) for name, pairs in reflectances().items()}
        parts = [_diffuse(name, f'<spectrum name="reflectance" value="{table}"/>') for name, table in tables.items()]
        lamp = f'<spectrum name="radiance" value="{lamp}"/>'
    else:
        parts = [_diffuse(name, f'<rgb name="reflectance" value="{RGB[name]}"/>') for name in ("white", "red", "green")]
        lamp = f'<rgb name="radiance" value="{RGB["lamp"]}"/>'
    parts.append(_diffuse("lamp", '<rgb name="reflectance" value="0.78"/>'))
    for name, (_, made) in cornell_meshes().items():
        inside = f'<ref id="{"lamp" if name == "lamp" else made}"/>'
        if name == "lamp":
            inside += f'<emitter type="area">{lamp}</emitter>'
        parts.append(_ply(meshes[name], inside))
    camera = _camera((278, 273, -800), (278, 273, -799), 39.3077, "<float name='near_clip' value='10'/>")
    return _write(folder, parts, camera, 256, 256, 6)


def materials(folder: Path, sky: bool) -> Path:
    """36 spheres, one of each of eight materials in turn, on a floor, under two lamps or an environment map."""
    kinds = [
        '<bsdf type="diffuse"><rgb name="reflectance" value="0.7, 0.3, 0.1"/></bsdf>',
        '<bsdf type="plastic"><rgb name="diffuse_reflectance" value="0.1, 0.3, 0.7"/></bsdf>',
        '<bsdf type="roughplastic"><rgb name="diffuse_reflectance" value="0.2, 0.6, 0.2"/>'
        '<float name="alpha" value="0.2"/></bsdf>',
        '<bsdf type="conductor"><string name="material" value="Au"/></bsdf>',
        '<bsdf type="roughconductor"><string name="material" value="Cu"/><float name="alpha" value="0.2"/>'
        '<string name="distribution" value="ggx"/></bsdf>',
        '<bsdf type="dielectric"><float name="int_ior" value="1.5"/></bsdf>',
        '<bsdf type="roughdielectric"><float name="int_ior" value="1.5"/><float name="alpha" value="0.2"/></bsdf>',
        '<bsdf type="roughconductor"><string name="material" value="Al"/><float name="alpha" value="0.05"/></bsdf>',
    ]
    parts = [_floor(12.0)]
    for number in range(36):
        x, z = 1.1 * (number % 6 - 2.5), 1.1 * (number // 6 - 2.5)
        parts.append(f'<shape type="sphere"><point name="center" x="{x:g}" y="0.45" z="{z:g}"/>'
                     f'<float name="radius" value="0.45"/>{kinds[number * 5 % 8]}</shape>')  # fmt: skip
    if sky:
        parts.append(_sky(folder))
    else:
        for x in (-3.0, 3.0):
            parts.append(_lamp((x, 6.0, 1.0), 1.0, 14.0))
        parts.append('<emitter type="constant"><rgb name="radiance" value="0.1"/></emitter>')
    return _write(folder, parts, _camera((0, 6.5, 9), (0, 0.2, 0), 38.0), 384, 288, 8)


def lights(folder: Path, count: int, width: float = 8.0) -> Path:
    """Blocks on a floor under `count` square lamps, evenly spread, of the same area and power in all."""
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    half = 0.5 * (2.0 / count) ** 0.5  # 2 square units in all
    rng = np.random.default_rng(5)
    stone = '<bsdf type="diffuse"><rgb name="reflectance" value="0.6, 0.5, 0.3"/></bsdf>'
    parts = [_floor(width)]
    for x in (-3, -1, 1, 3):
        for z in (-3, -1, 1, 3):
            parts.append(f'<shape type="cube"><transform name="to_world"><scale x="0.3" y="0.6" z="0.3"/>'
                         f'<rotate y="1" angle="{20 * x + 7 * z}"/><translate x="{x}" y="0.6" z="{z}"/></transform>'
                         f'{stone}</shape>')  # fmt: skip
    for number in range(count):
        x = (number % columns + 0.5) / columns - 0.5
        z = (number // columns + 0.5) / rows - 0.5
        parts.append(_lamp((width * x, 2.2 + 0.6 * rng.random(), width * z), half, 20.0))
    return _write(folder, parts, _camera((0, 7, 9), (0, 0, 0.4), 36.0), 256, 192, 5)


def million(folder: Path, triangles: int = 1_000_000) -> Path:
    """A landscape of many triangles under an environment map."""
    mesh = _mesh(folder, "terrain", terrain(triangles))
    grass = '<bsdf type="diffuse"><rgb name="reflectance" value="0.35, 0.45, 0.2"/></bsdf>'
    inside = f'<boolean name="face_normals" value="true"/><bsdf type="twosided">{grass}</bsdf>'
    parts = [_ply(mesh, inside), _sky(folder)]
    return _write(folder, parts, _camera((0.2, 0.7, 1.5), (0, 0, 0), 42.0), 384, 288, 6)


def glass(folder: Path) -> Path:
    """Bumpy balls of BK7 over a chequered floor; with `--dispersive` its index depends on the wavelength."""
    parts = [
        '<bsdf type="diffuse" id="floor"><texture type="checkerboard" name="reflectance">'
        '<rgb name="color0" value="0.7"/><rgb name="color1" value="0.1"/>'
        '<transform name="to_uv"><scale x="12" y="12"/></transform></texture></bsdf>',
        '<shape type="rectangle"><transform name="to_world"><rotate x="1" angle="-90"/><scale value="5"/></transform>'
        '<ref id="floor"/></shape>',
        '<bsdf type="dielectric" id="glass"><string name="int_ior" value="bk7"/></bsdf>',
        _lamp((0, 5, 1), 0.7, 30.0),
        '<emitter type="constant"><rgb name="radiance" value="0.3"/></emitter>',
    ]
    ball = _mesh(folder, "ball", bumpy_sphere(5_000))
    for x, z in ((-1.2, 0.0), (1.2, 0.2), (0.0, -1.6)):
        parts.append(_ply(ball, '<transform name="to_world"><scale value="0.8"/>'
                                f'<translate x="{x}" y="0.9" z="{z}"/></transform><ref id="glass"/>'))  # fmt: skip
    return _write(folder, parts, _camera((0, 3, 6), (0, 0.6, 0), 40.0), 256, 192, 12)


# ---------------------------------------------------------------- parts


def _write(folder, parts, camera, width, height, max_depth) -> Path:
    text = f"""<scene version="3.0.0">
<integrator type="path"><integer name="max_depth" value="{max_depth}"/></integrator>
<sensor type="perspective">{camera}
<sampler type="independent"><integer name="sample_count" value="64"/></sampler>
<film type="hdrfilm"><integer name="width" value="{width}"/><integer name="height" value="{height}"/>
<string name="pixel_format" value="rgb"/><rfilter type="box"/></film>
</sensor>
{chr(10).join(parts)}
</scene>
"""
    path = folder / "scene.xml"
    path.write_text(text, encoding="utf-8")
    return path


def _camera(origin, target, fov, more=""):
    place = " ".join(f'{name}="{x:g}, {y:g}, {z:g}"' for name, (x, y, z) in
                     (("origin", origin), ("target", target), ("up", (0, 1, 0))))  # fmt: skip
    return f"""<string name="fov_axis" value="smaller"/><float name="fov" value="{fov}"/>{more}
<transform name="to_world"><lookat {place}/></transform>"""


def _mesh(folder, name, mesh):
    write_ply(folder / f"{name}.ply", mesh)
    return f"{name}.ply"


def _ply(filename, inside):
    return f'<shape type="ply"><string name="filename" value="{filename}"/>{inside}</shape>'


def _diffuse(name, reflectance):
    return f'<bsdf type="diffuse" id="{name}">{reflectance}</bsdf>'


def _floor(width):
    return (
        '<shape type="rectangle"><transform name="to_world"><rotate x="1" angle="-90"/>'
        f'<scale value="{0.5 * width:g}"/></transform>'
        '<bsdf type="diffuse"><rgb name="reflectance" value="0.5"/></bsdf></shape>'
    )


def _lamp(place, half, radiance):
    """A square lamp of edge 2 `half` that shines down."""
    x, y, z = place
    return (
        f'<shape type="rectangle"><transform name="to_world"><rotate x="1" angle="90"/><scale value="{half:.6g}"/>'
        f'<translate x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/></transform>'
        '<bsdf type="diffuse"><rgb name="reflectance" value="0"/></bsdf>'
        f'<emitter type="area"><rgb name="radiance" value="{radiance}"/></emitter></shape>'
    )


def _sky(folder):
    write_environment(folder / "sky.exr")
    return '<emitter type="envmap"><string name="filename" value="sky.exr"/></emitter>'
