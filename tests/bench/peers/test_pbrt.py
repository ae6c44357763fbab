"""pbrt through a program that stands in for it: no pbrt-v4 is at hand where the tests run."""

import re
import stat
import sys

import numpy as np
import pytest

from specrender.bench.peers import pbrt
from specrender.bench.scenes.xml import cornell_meshes
from specrender.errors import InputError, SpecrenderError

#: Checks its arguments, and writes a picture whose pixels say what they were.
FAKE = """#!{python}
import sys
import numpy as np
import OpenImageIO as oiio
arguments = dict(zip(sys.argv[1:-1:1], sys.argv[2:]))
assert sys.argv[-1].endswith(".pbrt"), sys.argv
text = open(sys.argv[-1]).read()
assert "WorldBegin" in text
spp, seed, threads = (int(arguments["--" + name]) for name in ("spp", "seed", "nthreads"))
if spp == 13:
    sys.exit("pbrt: no such thing")
image = oiio.ImageBuf(oiio.ImageSpec(8, 6, 3, oiio.FLOAT))
image.set_pixels(oiio.ROI(), np.full((6, 8, 3), [spp, seed, threads], np.float32))
image.write(arguments["--outfile"])
"""


@pytest.fixture
def program(tmp_path):
    if sys.platform == "win32":
        pytest.skip("the stand-in is a script with a #! line")
    path = tmp_path / "pbrt"
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return pbrt.checked_program(str(path))


def test_arguments_reach_it_and_the_picture_comes_back(program, tmp_path):
    scene = pbrt.write_cornell_box(tmp_path / "box.pbrt", (8, 6), "independent", "box")
    picture = pbrt.Pbrt(program, scene, 3).render(5, 42)
    np.testing.assert_array_equal(picture.pixels, np.full((6, 8, 3), [5.0, 42.0, 3.0]))
    # the first sample of each pixel is counted as start-up
    assert picture.paths == 4 * 48
    assert picture.wall > 0 and picture.cpu > 0


def test_failure_is_told_in_its_own_words(program, tmp_path):
    scene = pbrt.write_cornell_box(tmp_path / "box.pbrt", (8, 6), "independent", "box")
    with pytest.raises(SpecrenderError, match="no such thing"):
        pbrt.Pbrt(program, scene, 1).render(13, 0)


def test_names_that_are_no_program():
    with pytest.raises(InputError, match="no program"):
        pbrt.checked_program("there/is/no/pbrt")


def test_scene_is_the_cornell_box(tmp_path):
    text = pbrt.write_cornell_box(tmp_path / "box.pbrt", (64, 48), "zsobol", "gaussian").read_text()
    shapes = re.findall(r'Shape "trianglemesh" "integer indices" \[([^]]*)\] "point3 P" \[([^]]*)\]', text)
    meshes = [mesh for mesh, _ in cornell_meshes().values()]
    assert len(shapes) == len(meshes) == text.count("AttributeBegin") == text.count("AttributeEnd")
    for (indices, points), mesh in zip(shapes, meshes, strict=True):
        np.testing.assert_array_equal([int(i) for i in indices.split()], mesh.faces.ravel())
        np.testing.assert_allclose([float(x) for x in points.split()], mesh.positions.ravel(), rtol=1e-5)
    assert text.count("AreaLightSource") == 1
    # 400:0, 500:8, 600:15.6, 700:18.4 has a luminance of 10.45 by pieces of straight lines against the CIE 1931 ybar
    scale = float(re.search(r'"float scale" \[([^]]*)\]', text)[1])
    grid = np.arange(360, 831)
    import specrender.spectra.wavelengths as w

    lamp = np.interp(grid, [400, 500, 600, 700], [0, 8, 15.6, 18.4], left=0, right=0)
    ybar = w.cmf()[:, 1]
    assert scale == pytest.approx(float(lamp @ ybar / ybar.sum()), rel=1e-3)
    assert '"integer xresolution" [64] "integer yresolution" [48]' in text and 'Sampler "zsobol"' in text
