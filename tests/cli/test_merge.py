"""`specrender merge`: the bits of a render in one go."""

import numpy as np
import pytest

from specrender.film import load_film
from specrender.output import read_image
from specrender.writing import write

FLAGS = ("--quiet", "--aov", "depth,sh_normal,shape_index", "--bit-depth", "float")


def parts_of(command, scene, *ranges, flags=()):
    names = []
    for first, last in ranges:
        names.append(f"{first}-{last}.film")
        layers = ("--aov", "depth,sh_normal,shape_index")
        code, _, err = command("render", scene, "-o", names[-1], "--samples", f"{first}:{last}", *layers, *flags)
        assert code == 0, err
    return names


@pytest.mark.parametrize("filter_type", ["gaussian", "lanczos"])
@pytest.mark.parametrize("ranges", [[(0, 64), (64, 128)], [(0, 5), (5, 97), (97, 98), (98, 128)]])
def test_merged_parts_are_the_whole_bit_for_bit(scene, command, tmp_path, filter_type, ranges):
    scene.write_text(scene.read_text().replace("height = 16", f'height = 16\nrfilter = {{ type = "{filter_type}" }}'))
    assert command("render", scene, "-o", "whole.film", "--spp", 128, *FLAGS[:3])[0] == 0
    names = parts_of(command, scene, *ranges)
    assert command("merge", *names[::-1], "-o", "merged.film")[0] == 0
    whole, merged = load_film(tmp_path / "whole.film"), load_film(tmp_path / "merged.film")
    assert merged.sample_count == 128 and merged.first_sample == 0
    for film in (whole, merged):
        name = "whole" if film is whole else "merged"
        write(film, tmp_path / f"{name}.exr", variance=True, moments=True, pixel_type="float", alpha=True)
        write(film, tmp_path / f"{name}.xyz.exr", gamut="xyz", pixel_type="float")
    for suffix in ("exr", "xyz.exr"):
        a, b = read_image(tmp_path / f"whole.{suffix}"), read_image(tmp_path / f"merged.{suffix}")
        assert list(a.channels) == list(b.channels)
        for channel in a.channels:
            if channel in ("Z", "N.X", "N.Y", "N.Z") and "xyz" not in suffix:
                assert np.allclose(a.channels[channel], b.channels[channel], rtol=1e-5)
            elif "xyz" not in suffix or channel in "XYZ":
                assert np.array_equal(a.channels[channel], b.channels[channel]), channel


def test_spectra(scene, command, tmp_path):
    flags = ("-o", "x.spectral.exr")
    command("render", scene, "-o", "whole.film", *flags, "--spp", 16, "--aov", "depth,sh_normal,shape_index")
    names = parts_of(command, scene, (0, 7), (7, 16), flags=flags)
    assert command("merge", *names, "-o", "merged.spectral.exr", "-o", "merged.film")[0] == 0
    whole, merged = load_film(tmp_path / "whole.film"), load_film(tmp_path / "merged.film")
    assert np.allclose(merged.bins, whole.bins, rtol=1e-12) and np.any(merged.bins > 0)
    assert sum(name.startswith("S0.") for name in read_image(tmp_path / "merged.spectral.exr").channels) == 94


def test_the_part_has_a_name_of_its_own(scene, command, tmp_path):
    assert command("render", scene, "--samples", "4:6")[0] == 0
    film = load_film(tmp_path / "tiny.4-6.film")
    assert (film.first_sample, film.sample_count) == (4, 2)


def test_a_picture_of_a_checkpoint(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 3, "--checkpoint", "c")
    assert command("merge", "c", "-o", "b.exr", "-o", "b.png", "--exposure", 1)[0] == 0
    a, b = read_image(tmp_path / "a.exr"), read_image(tmp_path / "b.exr")
    assert np.array_equal(a.stacked("R", "G", "B"), b.stacked("R", "G", "B"))


@pytest.mark.parametrize(
    "ranges, flags, message",
    [
        ([(0, 2), (1, 3)], (), "both hold the samples 1:2"),
        ([(0, 2), (0, 2)], (), "given twice"),
        ([(0, 2), (5, 6)], (), "the samples 2:5 between '0-2.film' and '5-6.film' are missing"),
        ([(0, 2), (2, 3)], ("--seed", 3), "of another render"),
        ([(0, 2), (2, 3)], ("--size", "8x8"), "size is 8x8, not 24x16"),
    ],
)
def test_parts_that_do_not_fit(scene, command, tmp_path, ranges, flags, message):
    names = [parts_of(command, scene, ranges[0])[0], parts_of(command, scene, ranges[1], flags=flags)[0]]
    code, _, err = command("merge", *names, "-o", "m.exr")
    assert code == 2 and message in err and not (tmp_path / "m.exr").exists()


def test_refusals(scene, command, tmp_path):
    assert command("render", scene, "-o", "a.exr", "--spp", 1)[0] == 0
    for arguments, message in [
        (("a.exr", "-o", "m.exr"), "not a film"),
        (("none.film", "-o", "m.exr"), "no such file"),
        ((".", "-o", "m.exr"), "cannot read '.': it is a folder"),
        (("a.exr", "-o", "a.exr"), "destroy"),
    ]:
        code, _, err = command("merge", *arguments)
        assert code == 2 and message in err
    for flags, message in [
        (("--samples", "3:3"), "FIRST:LAST"),
        (("--samples", "0:3", "--spp", 2), "--samples 0:3 says how many samples there are: leave --spp out"),
        (("--samples", "0:3", "--noise", 0.1), "excludes --noise"),
        (("--samples", "0:3", "--adaptive", "on"), "excludes --adaptive on"),
    ]:
        code, _, err = command("render", scene, *flags)
        assert code == 2 and message in err


def test_a_film_holds_no_choices_of_colour(scene, command):
    note = "note: a .film file holds the sums of the samples"
    _, _, err = command("render", scene, "-o", "a.film", "--spp", 1, "--gamut", "rec2020", "--bit-depth", 16)
    assert note in err and "(--gamut, --bit-depth)" in err
    assert note not in command("render", scene, "-o", "a.film", "-o", "a.exr", "--spp", 1, "--gamut", "rec2020")[2]
