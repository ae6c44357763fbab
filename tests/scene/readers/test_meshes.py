"""Mesh files: every format against geometry written here, damaged files, and Mitsuba's reading of its own meshes."""

import struct
import zlib

import numpy as np
import pytest

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers.meshes import load_mesh, load_shape, smooth_normals

QUAD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def fails(path, text, **arguments):
    """Loading raises a one-line SceneError that names the file and contains `text`."""
    with pytest.raises(SceneError) as caught:
        load_mesh(path, **arguments)
    message = str(caught.value)
    assert path.name in message and text in message and "\n" not in message


def corners(mesh):
    return mesh.positions[mesh.faces]


# ---------------------------------------------------------------- OBJ


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_obj_fans_polygons_and_flips_v(tmp_path):
    text = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0.25\nvt 1 0\nvt 1 1\nvt 0 1\nf 1/1 2/2 3/3 4/4\n"
    mesh = load_mesh(write(tmp_path, "a.obj", text))
    np.testing.assert_array_equal(corners(mesh), QUAD[TRIANGLES])
    np.testing.assert_allclose(mesh.uvs[mesh.faces][0, 0], (0, 0.75))
    np.testing.assert_allclose(mesh.normals, np.tile([0, 0, 1], (4, 1)))
    unflipped = load_mesh(tmp_path / "a.obj", flip_tex_coords=False)
    np.testing.assert_allclose(unflipped.uvs[unflipped.faces][0, 0], (0, 0.25))
    assert load_mesh(tmp_path / "a.obj", face_normals=True).normals is None


def test_obj_shares_equal_corners_only(tmp_path):
    text = (
        "# two triangles that share an edge but not its normals\n"
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvn 0 0 2\nvn 0 1 0\n"
        "usemtl x\nf 1//1 2//1 3//1\nf 1//1 3//1 4//2\nf 1//2 3//1 4//2\n"
    )
    mesh = load_mesh(write(tmp_path, "a.obj", text))
    assert len(mesh.positions) == 5  # 1//1 2//1 3//1 4//2 1//2
    np.testing.assert_array_equal(corners(mesh)[1], QUAD[[0, 2, 3]])
    np.testing.assert_allclose(mesh.normals[mesh.faces][0], np.tile([0, 0, 1], (3, 1)))  # of length 1
    np.testing.assert_allclose(mesh.normals[mesh.faces][2, 0], (0, 1, 0))
    assert mesh.uvs is None


def test_obj_keeps_the_order_of_mixed_faces_and_reads_negative_indices(tmp_path):
    text = "v 0 0 0\nv 1 0 0\nv 1 1 0\nf -3 -2 -1\nv 0 1 0\nf -4 -3 -2 -1\nf 1 3 4\n"
    mesh = load_mesh(write(tmp_path, "a.obj", text))
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 2, 3]])


def test_obj_colours_comments_and_continued_lines(tmp_path):
    text = "v 0 0 0 1 1 1 # red\r\nv 1 0 0\t1 1 1\r\nv 1 1 \\\r\n0 1 1 1\r\nf 1 2 3\r\n"
    mesh = load_mesh(write(tmp_path, "a.obj", text))
    np.testing.assert_array_equal(mesh.positions, QUAD[:3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no vertices"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\n", "no faces"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 4\n", ":4: a face refers to vertex 4; the file has 3"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 0\n", ":4: a face refers to vertex 0"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1/1 2/1 3/1\n", "texture coordinate 1; the file has 0"),
        ("v 0 0 0\nv 1 zero 0\nv 1 1 0\nf 1 2 3\n", ":2: expected 3 numbers, got '1 zero 0'"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\nf 1 x 3\n", ":5: could not read the face '1 x 3'"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2\n", ":4: a face needs at least 3 corners, got '1 2'"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\nf 1 2", "got '1 2'; the file ends within this line; copy or export"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1/1 2 3", "the file ends within this line; copy or export it anew"),
        ("f 1 2 3\nv 0 0 0\nv 1 0 0\nv 1 1", "got '1 1'; the file ends within this line; copy or export it anew"),
        ("v 0 0 0\nv 1 0 nan\nv 1 1 0\nf 1 2 3\n", "the position of vertex 1 is not finite"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1/1 2 3\n", ":4: could not read the face"),
    ],
)
def test_bad_obj(tmp_path, text, message):
    fails(write(tmp_path, "bad.obj", text), message)


# ---------------------------------------------------------------- PLY


def ply(kind, faces=TRIANGLES, extra="", vertices=None, order="<", names="x y z"):
    """A PLY file; `faces` may be ragged, `vertices` (n, k) float32."""
    vertices = QUAD if vertices is None else vertices
    header = f"ply\nformat {kind} 1.0\ncomment made here\nelement vertex {len(vertices)}\n"
    header += "".join(f"property float {name}\n" for name in names.split())
    header += f"element face {len(faces)}\n{extra}property list uchar int vertex_indices\nend_header\n"
    if kind == "ascii":
        rows = [" ".join(map(str, v)) for v in vertices.tolist()]
        rows += [" ".join(map(str, [len(f), *f])) for f in faces]
        return (header + "\n".join(rows) + "\n").encode()
    body = vertices.astype(f"{order}f4").tobytes()
    for face in faces:
        body += struct.pack(f"{order}B{len(face)}i", len(face), *face)
    return header.encode() + body


@pytest.mark.parametrize(("kind", "order"), [("ascii", ""), ("binary_little_endian", "<"), ("binary_big_endian", ">")])
@pytest.mark.parametrize("faces", [[[0, 1, 2], [0, 2, 3]], [[0, 1, 2, 3]], [[0, 1, 2], [0, 1, 2, 3]]])
def test_ply(tmp_path, kind, order, faces):
    mesh = load_mesh(write(tmp_path, "a.ply", ply(kind, faces, order=order)))
    expected = TRIANGLES if len(faces[0]) == 4 or len(faces[1]) == 3 else [[0, 1, 2], [0, 1, 2], [0, 2, 3]]
    np.testing.assert_array_equal(mesh.faces, expected)
    np.testing.assert_array_equal(mesh.positions, QUAD)
    assert mesh.positions.dtype == np.float32 and mesh.faces.dtype == np.int32
    np.testing.assert_allclose(mesh.normals, np.tile([0, 0, 1], (4, 1)))


@pytest.mark.parametrize("uv", ["u v", "s t"])
def test_ply_normals_and_uvs(tmp_path, uv):
    data = np.hstack([QUAD, np.tile([0, 3, 0], (4, 1)), QUAD[:, :2] * 0.5]).astype(np.float32)
    path = write(tmp_path, "a.ply", ply("binary_little_endian", vertices=data, names=f"x y z nx ny nz {uv}"))
    mesh = load_mesh(path)
    np.testing.assert_allclose(mesh.normals, np.tile([0, 1, 0], (4, 1)))
    np.testing.assert_allclose(mesh.uvs, QUAD[:, :2] * 0.5)
    np.testing.assert_allclose(load_mesh(path, flip_tex_coords=True).uvs[:, 1], 1 - QUAD[:, 1] * 0.5)


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
@pytest.mark.parametrize("comment", ["Größe 5 – by José".encode(), b"\xe9\xff end_headers"])
def test_comments_of_ply_may_hold_anything(tmp_path, kind, comment):
    data = ply(kind, order="" if kind == "ascii" else "<").replace(b"made here", comment)
    mesh = load_mesh(write(tmp_path, "a.ply", data))
    np.testing.assert_array_equal(mesh.positions, QUAD)


def test_bad_ply(tmp_path):
    whole = ply("binary_little_endian")
    fails(write(tmp_path, "cut.ply", whole[:-5]), "truncated")
    fails(write(tmp_path, "cut.ply", whole[:-5]), "copy or export it anew")
    fails(write(tmp_path, "name.ply", whole.replace(b"float x", b"float \xe9")), "not ASCII")
    fails(write(tmp_path, "cut2.ply", whole[: whole.index(b"end_header") + 30]), "truncated")
    fails(write(tmp_path, "cut3.ply", ply("ascii")[:-8]), "truncated")
    fails(write(tmp_path, "no.ply", b"hello"), "is not a PLY file")
    fails(
        write(tmp_path, "range.ply", ply("binary_little_endian", [[0, 1, 4]])), "vertex 4; the mesh has vertices 0 to 3"
    )
    fails(write(tmp_path, "negative.ply", ply("ascii", [[0, 1, -1]])), "vertex -1")
    fails(write(tmp_path, "none.ply", ply("ascii", [])), "no faces")
    fails(write(tmp_path, "empty.ply", ply("ascii", [], vertices=QUAD[:0])), "no vertices")
    fails(write(tmp_path, "two.ply", ply("ascii", [[0, 1]])), "face 0 has 2 corners")
    fails(write(tmp_path, "noy.ply", ply("ascii", names="x q z")), "the vertices have no 'y'")
    infinite = np.where(QUAD == 1, np.inf, QUAD)
    fails(write(tmp_path, "inf.ply", ply("binary_little_endian", vertices=infinite)), "vertex 1 is not finite")


# ---------------------------------------------------------------- STL


def stl_binary(triangles):
    facets = b"".join(struct.pack("<12fH", 0, 0, 1, *t.ravel(), 0) for t in triangles)
    return b"solid but binary".ljust(80, b" ") + struct.pack("<I", len(triangles)) + facets


def test_stl(tmp_path):
    triangles = QUAD[TRIANGLES]
    lines = ["solid quad"]
    for triangle in triangles:
        lines += [
            "facet normal 0 0 1",
            "outer loop",
            *(f"vertex {x} {y} {z}" for x, y, z in triangle),
            "endloop endfacet",
        ]
    text = "\n".join([*lines, "endsolid quad", ""])
    for path in (write(tmp_path, "a.stl", stl_binary(triangles)), write(tmp_path, "b.stl", text)):
        mesh = load_mesh(path)
        np.testing.assert_array_equal(corners(mesh), triangles)
        assert len(mesh.positions) == 4 and mesh.normals is None


def test_bad_stl(tmp_path):
    fails(write(tmp_path, "cut.stl", stl_binary(QUAD[TRIANGLES])[:-1].replace(b"solid", b"other")), "need 184 bytes")
    fails(write(tmp_path, "short.stl", b"xx"), "is not an STL file")
    fails(write(tmp_path, "cut2.stl", b"solid x\nfacet\nvertex 0 0 0\nvertex 1 0 0\n"), "truncated")
    fails(write(tmp_path, "word.stl", b"solid x\nvertex 0 a 0\nendsolid"), "no three numbers")
    fails(write(tmp_path, "none.stl", b"solid x\nendsolid x"), "no faces")


# ---------------------------------------------------------------- serialized


def serialized(version, meshes):
    """A Mitsuba serialized file of (positions, faces, double precision) meshes."""
    data, offsets = b"", []
    for positions, faces, double in meshes:
        offsets.append(len(data))
        stream = struct.pack("<I", 0x2002 if double else 0x1002) + (b"name\0" if version == 4 else b"")
        stream += struct.pack("<QQ", len(positions), len(faces))
        real = "<f8" if double else "<f4"
        stream += positions.astype(real).tobytes() + positions[:, :2].astype(real).tobytes()
        stream += faces.astype("<u4").tobytes()
        data += struct.pack("<HH", 0x041C, version) + zlib.compress(stream)
    return data + struct.pack(f"<{len(offsets)}{'Q' if version == 4 else 'I'}I", *offsets, len(offsets))


@pytest.mark.parametrize("version", [3, 4])
def test_serialized(tmp_path, version):
    path = write(
        tmp_path, "a.serialized", serialized(version, [(QUAD, TRIANGLES, False), (QUAD * 2, TRIANGLES[:1], True)])
    )
    first, second = load_mesh(path), load_mesh(path, shape_index=1)
    np.testing.assert_array_equal(first.positions, QUAD)
    np.testing.assert_array_equal(first.uvs, QUAD[:, :2])
    np.testing.assert_array_equal(second.positions, QUAD * 2)
    np.testing.assert_array_equal(second.faces, TRIANGLES[:1])
    assert load_shape(d.Serialized(filename=str(path), shape_index=1, face_normals=True)).normals is None
    fails(path, "shape_index 2 is out of range; the file has meshes 0 to 1", shape_index=2)
    fails(path, "shape_index -1 is out of range", shape_index=-1)


def test_bad_serialized(tmp_path):
    good = serialized(4, [(QUAD, TRIANGLES, False)])
    fails(write(tmp_path, "magic.serialized", b"\0\0" + good[2:]), "wrong magic")
    fails(write(tmp_path, "version.serialized", good[:2] + b"\x09\0" + good[4:]), "version 9 is not supported")
    fails(write(tmp_path, "range.serialized", serialized(4, [(QUAD[:2], TRIANGLES, False)])), "vertices 0 to 1")
    damaged = bytearray(good)
    damaged[10:20] = bytes(10)
    fails(write(tmp_path, "zlib.serialized", bytes(damaged)), "mesh 0")


# ---------------------------------------------------------------- all


def test_missing_directory_and_unknown_type(tmp_path):
    fails(tmp_path / "absent.obj", "no such file")
    fails(write(tmp_path, "a.fbx", ""), "allowed: obj, ply, stl, serialized")
    (tmp_path / "folder.obj").mkdir()
    fails(tmp_path / "folder.obj", "it is a folder")


def test_smooth_normals_weigh_by_angle():
    # A cube corner: the three faces meet at equal angles, however many triangles each is made of.
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], np.float64)
    faces = np.array([[0, 4, 1], [0, 2, 4], [0, 3, 2], [0, 1, 3]])
    normal = smooth_normals(positions, faces)[0]
    np.testing.assert_allclose(normal, -np.ones(3) / np.sqrt(3), atol=1e-6)


def test_smooth_normals_of_many_faces():
    """A vertex may have faces anywhere in the file."""
    rng = np.random.default_rng(2)
    positions = rng.normal(size=(3000, 3)).astype(np.float32)
    faces = np.array([rng.choice(len(positions), 3, replace=False) for _ in range(70_000)])
    expected = np.zeros((len(positions), 3))
    for k in range(3):
        a, b, c = (positions[faces[:, (k + i) % 3]].astype(np.float64) for i in range(3))
        out, back = b - a, c - a
        normal = np.cross(out, back)
        size = np.linalg.norm(normal, axis=1)
        angle = np.arctan2(size, (out * back).sum(axis=1))
        np.add.at(expected, faces[:, k], normal * (angle / size)[:, None])
    expected /= np.linalg.norm(expected, axis=1)[:, None]
    np.testing.assert_allclose(smooth_normals(positions, faces), expected, atol=1e-5)


def test_normals_of_degenerate_faces():
    positions = np.zeros((3, 3))
    np.testing.assert_array_equal(smooth_normals(positions, np.array([[0, 1, 2]])), np.tile([1, 0, 0], (3, 1)))


@pytest.mark.parametrize("name", ["bunny.ply", "sphere.obj"])
def test_agrees_with_mitsuba(mitsuba_data, name):
    mi = pytest.importorskip("mitsuba")
    mi.set_variant("scalar_rgb")
    path = mitsuba_data / "common/meshes" / name
    theirs = mi.traverse(mi.load_dict({"type": path.suffix[1:], "filename": str(path)}))
    faces = np.array(theirs["faces"]).reshape(-1, 3)
    ours = load_mesh(path)
    for key, width, array in (
        ("vertex_positions", 3, ours.positions),
        ("vertex_normals", 3, ours.normals),
        ("vertex_texcoords", 2, ours.uvs),
    ):
        if array is not None:
            np.testing.assert_allclose(array[ours.faces], np.array(theirs[key]).reshape(-1, width)[faces], atol=1e-6)


# ---------------------------------------------------------------- files that are not what they say


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_ply_counts_that_the_file_cannot_hold(tmp_path, form, newline):
    lines = ["ply", f"format {form} 1.0", "element vertex 2000000000", *(f"property float {c}" for c in "xyz")]
    lines += ["element face 1", "property list uchar int vertex_indices", "end_header", ""]
    path = write(tmp_path, "a.ply", newline.join(lines).encode() + b"\0" * 36)
    fails(path, "is truncated: 2000000000 entries of 'vertex' need")
    fails(path, ", 36 follow")


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(128, 256)), b"hello\nworld\n"])
def test_obj_of_something_else(tmp_path, content):
    fails(write(tmp_path, "a.obj", content), "is not an OBJ file")


def test_stl_with_bytes_after_its_facets(tmp_path):
    fails(write(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 2) + bytes(107)), "has 7 bytes too many after its 2")


SMALL_PLY = (
    b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"3 0 1 2", b"390 0 1 2", "its numbers do not fit its header"),
        (b"float x", b"flaot x", "there is no property type 'flaot'"),
        (b"1 0 0", b"1 \xff 0", "holds bytes that are not ASCII"),
        (b"3 0 1 2", b"3 0 1 -2", "a face refers to vertex -2"),
    ],
)
def test_damaged_ply_is_told_in_words_of_its_own(tmp_path, old, new, message):
    assert len(load_mesh(write(tmp_path, "whole.ply", SMALL_PLY)).faces) == 1
    fails(write(tmp_path, "a.ply", SMALL_PLY.replace(old, new)), message)


@pytest.mark.parametrize("kind", ["ply", "obj"])
def test_mutated_meshes_load_or_are_refused(tmp_path, kind):
    """Bytes of small files replaced at random: a mesh or a SceneError, never Python's own exceptions."""
    whole = {"ply": SMALL_PLY, "obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n"}[kind]
    rng, refused = np.random.default_rng(7), 0
    for _ in range(200):
        data = bytearray(whole)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            data[place] = rng.choice([0, 10, 32, 45, 47, 57, 97, 255])
        try:
            load_mesh(write(tmp_path, f"a.{kind}", bytes(data)))
        except SceneError as error:
            refused += 1
            assert "\n" not in str(error)
    assert 50 < refused < 200
