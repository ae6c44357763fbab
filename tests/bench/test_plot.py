"""Figures from a document."""

from pathlib import Path

import pytest

from specrender.bench import plot
from specrender.errors import InputError


def document(*names):
    entry = {"median": 2.0, "quartiles": [1.9, 2.2]}
    contestants = {
        "specrender 10": {**entry, "x": 10, "series": "specrender"},
        "specrender 1": {**entry, "x": 1, "series": "specrender", "median": 1.5},
        "mitsuba 1": {**entry, "x": 1, "series": "mitsuba"},
    }
    case = {"unit": "us/path", "contestants": contestants}
    return {"processor": "Some CPU", "threads": 2, "date": "2026-01-01T00:00:00", "cases": {n: case for n in names}}


def test_series_are_sorted_lines():
    found = plot.series(document("scale.size")["cases"]["scale.size"])
    assert found["specrender"] == [(1, 1.5, 1.9, 2.2), (10, 2.0, 1.9, 2.2)]
    assert list(found) == ["specrender", "mitsuba"]


@pytest.mark.parametrize("name", ["p.svg", "p.png"])
def test_panels_are_drawn(tmp_path, name):
    pytest.importorskip("matplotlib")
    plot.draw(document(*plot.PANELS), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert len(content) > 10_000
    if name.endswith("svg"):
        assert b"<svg" in content and str(tmp_path).encode() not in content
        plot.draw(document(*plot.PANELS), tmp_path / name)
        assert (tmp_path / name).read_bytes() == content


def test_what_cannot_be_drawn():
    with pytest.raises(InputError, match=r"scale\.lights"):
        plot.check_plot(Path("p.svg"), ["render.cbox"])
    with pytest.raises(InputError, match=r"\.svg"):
        plot.check_plot(Path("p.bmp"), ["scale.size"])
