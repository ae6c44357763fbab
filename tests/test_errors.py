"""Names that are guessed from misspelt ones: what was probably meant, and nothing that was not."""

import difflib

import pytest

from specrender.errors import did_you_mean, nearest, with_article

INTEGRATORS = ("depth", "direct", "path")
FLAGS = ("--adapt", "--adaptive", "--aov", "--max-depth", "--spp", "--tev", "--time", "--rgb-space", "-D", "-o")


@pytest.mark.parametrize(
    ("given", "allowed", "meant"),
    [
        ("pat", INTEGRATORS, "path"),
        ("ptah", INTEGRATORS, "path"),
        ("pathh", INTEGRATORS, "path"),
        ("PATH", INTEGRATORS, "path"),
        ("dirct", INTEGRATORS, "direct"),
        ("rec2002", ("rec2020", "rec709"), "rec2020"),
        ("D66", ("D50", "D65", "FL1"), "D65"),
        ("maxDepth", ("max_depth", "rr_depth"), "max_depth"),
        ("refelctanse", ("reflectance", "transmittance"), "reflectance"),
        ("Rough_Conductor", ("roughconductor", "conductor"), "roughconductor"),
        ("--depth", FLAGS, "--max-depth"),
        ("--adaptve", FLAGS, "--adaptive"),
        ("-d", FLAGS, "-D"),
    ],
)
def test_misspellings(given, allowed, meant):
    assert nearest(given, allowed) == meant
    assert did_you_mean(given, allowed) == f"; did you mean '{meant}'?"


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ("bdpt", INTEGRATORS),
        ("volpath", INTEGRATORS),
        ("--tree", FLAGS),
        ("--gpu", FLAGS),
        ("mlt", ("moment", "milt-o")),
        ("", INTEGRATORS),
        ("x", ("y", "z")),
        ("path", ()),
    ],
)
def test_other_words(given, allowed):
    assert nearest(given, allowed) is None
    expected = f"; allowed: {', '.join(sorted(allowed))}" if allowed else ""
    assert did_you_mean(given, allowed) == expected


def test_likeness_alone_would_not_do():
    """What difflib alone would say, so that the cases above are to the point."""
    assert difflib.get_close_matches("bdpt", INTEGRATORS, n=1) == ["depth"]
    assert difflib.get_close_matches("--tree", FLAGS, n=1) == ["--tev"]


def test_the_nearest_of_several():
    assert nearest("depht", ("depths", "depth", "path")) == "depth"


@pytest.mark.parametrize(
    "spoken", ["a sphere", "an sdfgrid", "an irradiancemeter", "a radiancemeter", "an hdrfilm", "an stl", "a uniform"]
)
def test_articles(spoken):
    assert with_article(spoken.split()[1]) == spoken
