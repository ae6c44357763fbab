"""benchmarks/goals.py reads what the command writes."""

import importlib.util
from pathlib import Path

import pytest

from specrender.bench.case import Context
from specrender.bench.cases import all_cases, chosen

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "goals.py"


@pytest.fixture(scope="module")
def goals():
    spec = importlib.util.spec_from_file_location("goals", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contestants(**entries):
    return {"contestants": {name.replace("__", " "): entry for name, entry in entries.items()}}


def test_its_names_exist(goals, tmp_path):
    context = Context(tmp_path, peers=True, mitsuba_data=tmp_path)
    assert chosen(all_cases(context), list(goals.NAMES))


def test_figures_come_from_their_cases(goals):
    cases = {
        "bvh.closest.soup-1m.coherent": contestants(embree={"ratio": 1.25}),
        "quality.cbox-spectral.box": contestants(
            specrender={"median": 1.0}, mitsuba__a={"median": 4.0}, mitsuba__b={"median": 2.5}
        ),
        "scale.threads": contestants(specrender__1={"ratio": 1.9}),
        "start.warm": contestants(specrender={"median": 1.1}),
    }
    found = {goal: (figure, wanted, more) for goal, figure, wanted, more in goals.goals(cases)}
    assert found["bvh.closest.soup-1m.coherent, times Embree"] == (1.25, 1.0, True)
    # against the best of Mitsuba's samplers
    assert found["quality.cbox-spectral.box, MSE x time, share of the best Mitsuba's"] == (0.4, 0.5, False)
    assert found["speed of 2 threads, times that of 1"] == (1.9, 1.85, True)
    assert found["start.warm [s]"] == (1.1, 1.2, False)
    assert found["start.cold [s]"][0] is None


def test_verdicts(goals, tmp_path, capsys, monkeypatch):
    from specrender.bench import report
    from specrender.bench.case import SECONDS, Case, Contestant, Sample
    from specrender.bench.run import run_case

    context = Context(tmp_path, repeats=1)
    outcomes = [
        run_case(Case(name, "", SECONDS, lambda context, s=s: [Contestant("specrender", lambda _: Sample(1, s, s))],
                      clock="wall", is_steady=True), context)
        for name, s in (("start.warm", 1.0), ("start.cold", 50.0))
    ]  # fmt: skip
    report.write_json(tmp_path / "r.json", report.document(context, outcomes))
    monkeypatch.setattr("sys.argv", ["goals.py", "--from", str(tmp_path / "r.json")])
    assert goals.main() == 0
    lines = {line.split("   ")[0].strip(): line for line in capsys.readouterr().out.splitlines()}
    assert lines["start.warm [s]"].split()[-3:] == ["at", "most", "1.2"]
    assert lines["start.cold [s]"].endswith("missed")
    assert lines["start.import [s]"].endswith("not measured")
