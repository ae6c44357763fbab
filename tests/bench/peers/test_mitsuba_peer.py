"""Mitsuba renders the same scene files to the same mean; what is missing is a note."""

import numpy as np
import pytest

from specrender.bench.peers import mitsuba
from specrender.bench.renderers import Specrender
from specrender.bench.scenes import xml
from specrender.bench.scenes.settings import rewritten

SIZE = (40, 30)

MAKERS = {
    "cornell box": lambda folder: xml.cornell_box(folder),
    "materials": lambda folder: xml.materials(folder, sky=False),
    "sky": lambda folder: xml.materials(folder, sky=True),
    "lights": lambda folder: xml.lights(folder, 30),
    "landscape": lambda folder: xml.million(folder, 2000),
    "glass": lambda folder: xml.glass(folder),
}


def agree(path, mode, variant):
    ours = Specrender(path, mode, 1, sampler="sobol").render(256, 1).pixels.mean(axis=(0, 1))
    theirs = mitsuba.Mitsuba(path, variant, 1).render(256, 1).pixels.mean(axis=(0, 1))
    # of 300,000 paths; the noisiest, glass and the sun, have a standard error of 0.7 %
    np.testing.assert_allclose(ours, theirs, rtol=0.025)


@pytest.mark.parametrize("name", MAKERS)
def test_means_agree(tmp_path, name):
    pytest.importorskip("mitsuba")
    path = rewritten(MAKERS[name](tmp_path), tmp_path / "small.xml", size=SIZE)
    agree(path, "spectral", "scalar_spectral")


def test_rgb_means_agree(tmp_path):
    pytest.importorskip("mitsuba")
    path = rewritten(xml.cornell_box(tmp_path, "rgb"), tmp_path / "small.xml", size=SIZE)
    agree(path, "rgb", "scalar_rgb")


@pytest.mark.parametrize("sampler", mitsuba.SAMPLERS)
def test_samplers_and_filters_of_the_copies(tmp_path, sampler):
    """Each name is one that Mitsuba knows, and the picture stays what it was."""
    pytest.importorskip("mitsuba")
    path = rewritten(xml.cornell_box(tmp_path), tmp_path / "s.xml", size=(12, 12), sampler=sampler, rfilter="gaussian")
    picture = mitsuba.Mitsuba(path, "scalar_spectral", 1, f" {sampler}").render(64, 1)
    assert picture.pixels.shape == (12, 12, 3) and picture.paths == 12 * 12 * 64
    assert picture.pixels[..., 0].mean() == pytest.approx(0.225, rel=0.1)


def test_seeds_are_independent(tmp_path):
    pytest.importorskip("mitsuba")
    path = rewritten(xml.cornell_box(tmp_path), tmp_path / "s.xml", size=(12, 12))
    for renderer in (mitsuba.Mitsuba(path, "scalar_spectral", 1), Specrender(path, "spectral", 1)):
        one, two, again = (renderer.render(4, seed).pixels for seed in (1, 2, 1))
        assert not np.array_equal(one, two)
        assert np.array_equal(one, again)


def test_missing_mitsuba_is_a_note(context, monkeypatch):
    context.peers = True
    monkeypatch.setattr(mitsuba.importlib.util, "find_spec", lambda name: None)
    assert mitsuba.variants(context, "spectral") == []
    assert len(context.lines) == 1 and "pip install mitsuba" in context.lines[0]


def test_missing_llvm_is_a_note(context, monkeypatch):
    real = pytest.importorskip("mitsuba")

    def set_variant(name):
        if name.startswith("llvm"):
            raise RuntimeError("could not find\nlibLLVM")
        real.set_variant(name)

    context.peers = True
    monkeypatch.setattr(mitsuba, "_failure", lambda context, variant: "")
    fake = type("Fake", (), {"variants": staticmethod(real.variants), "set_variant": staticmethod(set_variant)})
    monkeypatch.setattr(mitsuba.importlib, "import_module", lambda name: fake)
    assert mitsuba.variants(context, "spectral") == ["scalar_spectral"]
    assert len(context.lines) == 1 and "could not find libLLVM" in context.lines[0]


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        ("import os, sys; print('LLVM ERROR: fminimum\\n more', file=sys.stderr, flush=True); os.abort()",
         "LLVM ERROR: fminimum"),
        ("raise SystemExit(3)", "exit code 3"),
        ("import time; time.sleep(60)", "no picture within 1 s"),
    ],
)  # fmt: skip
def test_a_variant_that_ends_its_process_is_a_note(context, monkeypatch, probe, reason):
    """Compilers of LLVM abort over instructions that they have not; the run must outlive them."""
    pytest.importorskip("mitsuba")
    monkeypatch.setattr(mitsuba, "PROBE", probe)
    monkeypatch.setattr(mitsuba, "PROBE_SECONDS", 1)
    monkeypatch.setitem(mitsuba.VARIANTS, "spectral", ("scalar_spectral",))
    context.peers = True
    assert mitsuba.variants(context, "spectral") == []
    assert len(context.lines) == 1
    assert "does not render here" in context.lines[0] and context.lines[0].endswith(f"({reason})")


def test_nobody_is_asked_without_peers(context):
    assert mitsuba.variants(context, "rgb") == []
