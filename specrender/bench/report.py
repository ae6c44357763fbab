"""What a run found, as a JSON document and as text, alone or beside an earlier run."""

from __future__ import annotations

import datetime
import json
import math
import platform
from importlib import metadata
from pathlib import Path

import numpy as np

import specrender
from specrender.bench.case import Context
from specrender.bench.run import Outcome, better, spread
from specrender.errors import InputError
from specrender.files import check_readable, reason, why_unwritable, write_text

#: Of the documents written here; others are refused.
FORMAT = 1

#: Details that contestants must agree on: name, relative tolerance, what it is.
CHECKED_AMOUNT = 100_000
CHECKED = (("hit_share", 1e-3, "a share of hits of"), ("mean_rgb", 0.05, "a mean colour of"))

#: Functions that the text names of those that were compiled.
SHOWN_FUNCTIONS = 12


# ---------------------------------------------------------------- the document


def document(context: Context, outcomes: list[Outcome], is_interrupted: bool = False) -> dict:
    """All there is to keep of a run."""
    return {
        "format": FORMAT,
        "specrender": specrender.__version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in ("numpy", "numba", "llvmlite", "mitsuba", "drjit", "embreex")},
        "threads": context.threads,
        "repeats": context.repeats,
        "quick": context.quick,
        "interrupted": is_interrupted,
        "cases": {outcome.case.name: case_document(outcome) for outcome in outcomes},
    }


def case_document(outcome: Outcome) -> dict:
    """One case: unit, and of each contestant all samples, median, quartiles and ratio."""
    case = outcome.case
    contestants = {}
    for contestant in outcome.contestants:
        samples, values = outcome.samples[contestant.name], outcome.values(contestant.name)
        found = spread(values)
        entry = {
            "median": found.median,
            "quartiles": [found.low, found.high],
            "values": values,
            "amounts": [sample.amount for sample in samples],
            "wall_seconds": [sample.wall for sample in samples],
            "cpu_seconds": [sample.cpu for sample in samples],
            "details": samples[-1].details,
        }
        if contestant.x is not None:
            entry |= {"x": contestant.x, "series": contestant.series}
        if contestant.against is not None:
            entry["against"] = contestant.against
            ratio = spread(outcome.ratios(contestant))
            entry["ratio"], entry["ratio_quartiles"] = ratio.median, [ratio.low, ratio.high]
            if all(sample.cpu for sample in samples):
                entry["cpu_ratio"] = spread(outcome.ratios(contestant, "cpu")).median
        contestants[contestant.name] = entry
    return {
        "about": case.about,
        "unit": case.unit.label,
        "more_is_better": case.unit.more_is_better,
        "clock": case.clock,
        "contestants": contestants,
    }


def processor() -> str:
    """The processor's name and the number that may be used."""
    from specrender.driver import default_threads

    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # not Linux
        pass
    return f"{name}, {default_threads()} processors"


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# ---------------------------------------------------------------- files


def check_writable(path: Path) -> None:
    """InputError if a file cannot be written there; to be called before hours of measuring."""
    problem = why_unwritable(path)
    if problem:
        raise InputError(f"cannot write '{path}': {problem}")


def write_json(path: Path, contents: dict) -> None:
    """The file appears complete or not at all."""
    write_text(path, json.dumps(_finite(contents), indent=1, allow_nan=False) + "\n")


def _finite(value):
    """The same with None for numbers that JSON has not."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: Path) -> dict:
    """A document that `write_json` wrote; InputError if it is none."""
    check_readable(path, or_pipe=True)
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read '{path}': {reason(error)}") from None
    except json.JSONDecodeError as error:
        raise _no_result(path, f"line {error.lineno} is not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise _no_result(path, "it is not text in UTF-8") from None
    except (ValueError, RecursionError):  # numbers of thousands of digits, lists within lists within lists
        raise _no_result(path, "it is beyond what JSON files hold") from None
    if not isinstance(contents, dict) or not isinstance(contents.get("cases"), dict) or "format" not in contents:
        raise _no_result(path, "it is JSON of something else")
    if contents["format"] != FORMAT:
        raise _no_result(path, f"its format is {contents['format']}, this version reads {FORMAT}: measure anew")
    for name, case in contents["cases"].items():
        if not _is_case(case):
            raise _no_result(path, f"its entry '{name}' is no benchmark's")
    return contents


def _no_result(path, why):
    return InputError(f"'{path}' is no result of `specrender bench --json`: {why}")


def _is_case(case):
    return (
        isinstance(case, dict)
        and isinstance(case.get("unit"), str)
        and isinstance(case.get("contestants"), dict)
        and all(isinstance(entry, dict) and _is_median(entry) for entry in case["contestants"].values())
    )


def _is_median(entry):
    median = entry.get("median", "")
    return median is None or (isinstance(median, (int, float)) and not isinstance(median, bool))


def baseline_ratio(case_name: str, case: dict, contestant: str, baseline: dict) -> float | None:
    """How many times better than in the baseline a contestant is now; None if it has no such figure."""
    old = baseline["cases"].get(case_name)
    if old is None or old["unit"] != case["unit"] or contestant not in old["contestants"]:
        return None
    before, now = old["contestants"][contestant]["median"], case["contestants"][contestant]["median"]
    if not isinstance(before, (int, float)) or not now:
        return None
    return better(case["more_is_better"], now, before)


# ---------------------------------------------------------------- text


def heading(has_baseline: bool) -> str:
    """The line above the rows of a run."""
    columns = f"{'benchmark':42}{'median':>11} {'unit':11}{'spread':>7}"
    return f"{columns}{'compared':>34}{'baseline' if has_baseline else '':>12}".rstrip()


def lines(name: str, case: dict, baseline: dict | None) -> list[str]:
    """The rows of one case.  "1.20x" says: 1.20 times better than the other, or than it was in the baseline."""
    rows = []
    for index, (contestant, entry) in enumerate(case["contestants"].items()):
        label = name if index == 0 and contestant == "specrender" else f"  {contestant}"
        if index == 0 and contestant != "specrender":
            rows.append(name)
        median, (low, high) = entry["median"], entry["quartiles"]
        relative = f"{50 * (high - low) / abs(median):.1f} %" if median and len(entry["values"]) > 1 else ""
        row = f"{label:42}{_number(median):>11} {case['unit']:11}{relative:>7}"
        ratio = ""
        if "against" in entry:
            ratio = f"{entry['against']} is {entry['ratio']:.2f}x"
        row += f"{ratio:>34}"
        if baseline is not None:
            change = baseline_ratio(name, case, contestant, baseline)
            row += f"{'-' if change is None else f'{change:.2f}x':>12}"
        rows.append(row.rstrip())
        rows += _functions(entry["details"].get("functions"))
        rows += _disagreement(entry, case["contestants"].get(entry.get("against")))
    return rows


def _disagreement(entry, other):
    """A warning if two contestants have not done the same work: other hits, or a picture of another brightness.

    Values of a series are meant to differ; the noise of few samples says nothing.
    """
    if other is None or min(entry["amounts"][-1], other["amounts"][-1]) < CHECKED_AMOUNT:
        return []
    if "x" in entry and entry["x"] != other.get("x"):
        return []
    rows = []
    for what, tolerance, text in CHECKED:
        theirs, ours = entry["details"].get(what), other["details"].get(what)
        if theirs is not None and ours is not None and not np.allclose(theirs, ours, rtol=tolerance):
            rows.append(f"    not the same work: {text} {theirs}, against {ours}")
    return rows


def _functions(seconds):
    """The functions that took the compiler longest."""
    if not seconds:
        return []
    first = list(seconds.items())[:SHOWN_FUNCTIONS]
    rest = sum(seconds.values()) - sum(s for _, s in first)
    rows = [f"    {name:50}{value:8.2f} s" for name, value in first]
    if len(seconds) > len(first):
        rows.append(f"    {f'{len(seconds) - len(first)} others':50}{rest:8.2f} s")
    return rows


def _number(value):
    """Four significant digits."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    if abs(value) < 1e-3:
        return f"{value:.3e}"
    return f"{value:.{3 - math.floor(math.log10(abs(value)))}f}"
