"""Documents, baselines and the text of results."""

import json
import math
from pathlib import Path

import pytest

from specrender.bench import report
from specrender.bench.case import MRAYS, NS_PER_CALL, Case, Contestant, Context, Sample
from specrender.bench.run import run_case
from specrender.errors import InputError


def outcome(name="a.case", unit=MRAYS, ours=1.0, theirs=2.0, details=None):
    """Contestants that take `ours` and `theirs` seconds for a million pieces of work."""
    contestants = [
        Contestant("specrender", lambda loops: Sample(1e6, ours, ours, details or {}), loops=1),
        Contestant("embree", lambda loops: Sample(1e6, theirs, theirs), against="specrender", loops=1),
    ]
    return run_case(Case(name, "something", unit, lambda context: contestants), Context(Path("."), repeats=3))


def document(*outcomes):
    return report.document(Context(Path("."), repeats=3, threads=2), list(outcomes))


def test_document_holds_everything(tmp_path):
    path = tmp_path / "r.json"
    report.write_json(path, document(outcome()))
    found = report.read_json(path)
    assert found["threads"] == 2 and "processors" in found["processor"] and found["date"].startswith("20")
    case = found["cases"]["a.case"]
    assert case["unit"] == "Mrays/s" and case["more_is_better"]
    ours, theirs = case["contestants"].values()
    assert ours["median"] == 1.0 and ours["values"] == [1.0] * 3 and ours["wall_seconds"] == [1.0] * 3
    assert theirs["against"] == "specrender" and theirs["ratio"] == 2.0 == theirs["cpu_ratio"]
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_numbers_that_json_has_not(tmp_path):
    path = tmp_path / "r.json"
    report.write_json(path, {"a": [math.nan, 1.0], "b": math.inf})
    assert json.loads(path.read_text()) == {"a": [None, 1.0], "b": None}


def test_failed_writing_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        report.write_json(tmp_path / "r.json", {"a": object()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "cases": {"a": 3}}', '{"format": 0, "cases": {}}',
             '{"format": 1, "cases": {"a": {"unit": "s", "contestants": {"x": {}}}}}', "\xff"],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"r\.json"):
        report.read_json(path)


def test_missing_baseline(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        report.read_json(tmp_path / "gone.json")


@pytest.mark.parametrize(("unit", "change"), [(MRAYS, 4.0), (NS_PER_CALL, 4.0)])
def test_baseline_ratio_says_how_much_better(unit, change):
    before, now = document(outcome(unit=unit, ours=4.0)), document(outcome(unit=unit, ours=1.0))
    case = now["cases"]["a.case"]
    assert report.baseline_ratio("a.case", case, "specrender", before) == pytest.approx(change)
    assert report.baseline_ratio("a.case", case, "embree", before) == pytest.approx(1.0)
    assert report.baseline_ratio("b.case", case, "specrender", before) is None
    assert report.baseline_ratio("a.case", case, "specrender", document(outcome(unit=MRAYS)) | {"cases": {}}) is None


def test_baseline_of_another_unit_is_not_compared():
    case = document(outcome(unit=MRAYS))["cases"]["a.case"]
    assert report.baseline_ratio("a.case", case, "specrender", document(outcome(unit=NS_PER_CALL))) is None


def test_rows():
    found = document(outcome(ours=0.5, theirs=1.0))
    rows = report.lines("a.case", found["cases"]["a.case"], document(outcome(ours=1.0, theirs=1.0)))
    assert rows[0].split() == ["a.case", "2.000", "Mrays/s", "0.0", "%", "2.00x"]
    assert rows[1].split() == ["embree", "1.000", "Mrays/s", "0.0", "%", "specrender", "is", "2.00x", "1.00x"]


def test_rows_name_the_slowest_functions():
    functions = {f"f{i}": 100.0 - i for i in range(20)}
    case = document(outcome(details={"functions": functions}))["cases"]["a.case"]
    rows = report.lines("a.case", case, None)
    assert rows[1].split() == ["f0", "100.00", "s"]
    assert rows[1 + report.SHOWN_FUNCTIONS].split()[:2] == ["8", "others"]


def test_different_work_is_told():
    case = document(outcome())["cases"]["a.case"]
    ours, theirs = (entry["details"] for entry in case["contestants"].values())
    ours["hit_share"], theirs["hit_share"] = 0.5, 0.5001
    ours["mean_rgb"], theirs["mean_rgb"] = [0.1, 0.2, 0.3], [0.1, 0.2, 0.31]
    assert len(report.lines("a.case", case, None)) == 2
    theirs["hit_share"], theirs["mean_rgb"] = 0.51, [0.1, 0.2, 0.33]
    rows = report.lines("a.case", case, None)
    assert len(rows) == 4 and all("not the same work" in row for row in rows[2:])
    theirs = case["contestants"]["embree"]
    assert len(report.lines("a.case", {**case, "contestants": {**case["contestants"],
                                                               "embree": theirs | {"x": 3.0}}}, None)) == 2  # fmt: skip
    theirs["amounts"] = [1000.0]
    assert len(report.lines("a.case", case, None)) == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (12345.6, "12346"), (1.23456, "1.235"), (0.01234567, "0.01235"), (1e-5, "1.000e-05")],
)
def test_numbers(value, text):
    assert report._number(value) == text
