"""The goals that specrender has set itself, measured and held against: one line a goal.

    python benchmarks/goals.py --mitsuba-data DIR [--json FILE]     measures, about an hour
    python benchmarks/goals.py --from FILE                          looks at what an earlier run wrote

Everything is measured by the command itself; here is only what is expected of it.
"""

import argparse
import sys
from pathlib import Path

from specrender.bench.report import read_json
from specrender.cli import main as specrender

#: What has to be measured.
NAMES = (
    "bvh.build.soup-1m", "bvh.memory.soup-1m", "bvh.closest", "bvh.occluded",
    "render.cbox-spectral", "render.matpreview", "render.million", "render.mitsuba-cbox-rgb",
    "quality.cbox-spectral", "quality.matpreview", "quality.emitters",
    "scale.threads", "scale.triangles",
    "start.import", "start.warm", "start.cold", "compile",
)  # fmt: skip

#: A renderer's fastest variant first.
LLVM, SCALAR = "mitsuba llvm_ad_spectral", "mitsuba scalar_spectral"


def goals(cases):
    """(goal, figure, least or most that is wanted, whether more is better) of all goals that were measured."""

    def contestant(case, name):
        return cases.get(case, {}).get("contestants", {}).get(name, {})

    for case in cases:
        if case.startswith(("bvh.closest", "bvh.occluded")):
            yield f"{case}, times Embree", contestant(case, "embree").get("ratio"), 1.0, True
    yield "build of 1 M triangles, times Embree", contestant("bvh.build.soup-1m", "embree").get("ratio"), 0.5, True
    yield "bytes a triangle", contestant("bvh.memory.soup-1m", "specrender").get("median"), 130.0, False
    for case, least in (("render.cbox-spectral", 1.5), ("render.matpreview", 1.2), ("render.million", 1.2)):
        yield f"{case}, times llvm_ad_spectral", contestant(case, LLVM).get("ratio"), least, True
        yield f"{case}, times scalar_spectral", contestant(case, SCALAR).get("ratio"), 4.0, True
    rgb = contestant("render.mitsuba-cbox-rgb", "mitsuba llvm_ad_rgb").get("ratio")
    yield "render.mitsuba-cbox-rgb, times llvm_ad_rgb", rgb, 1.2, True
    for scene in ("cbox-spectral", "matpreview"):
        for rfilter, most in FILTERS.items():
            share = _share_of_best(cases.get(f"quality.{scene}.{rfilter}"))
            yield f"quality.{scene}.{rfilter}, MSE x time, share of the best Mitsuba's", share, most, False
    grown = contestant("quality.emitters", "specrender 10000").get("ratio")
    yield "time to equal error with 10,000 emitters, times that with 10", grown, 3.0, False
    yield "speed of 2 threads, times that of 1", contestant("scale.threads", "specrender 1").get("ratio"), 1.85, True
    grown = contestant("scale.triangles", "specrender 1000000").get("ratio")
    yield "cost of a path with 1 M triangles, times that with 1 k", grown, 2.5, False
    for case, most in (("start.cold", 45.0), ("start.warm", 1.2), ("start.import", 0.15)):
        yield f"{case} [s]", contestant(case, "specrender").get("median"), most, False


#: Filter -> share that is wanted; with the renderers' own filter it is only reported.
FILTERS = {"box": 0.5, "gaussian": None}


def _share_of_best(case):
    if case is None or "specrender" not in case["contestants"]:
        return None
    others = [entry["median"] for name, entry in case["contestants"].items() if name.startswith("mitsuba")]
    return case["contestants"]["specrender"]["median"] / min(others) if others else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="earlier", type=Path, metavar="FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("goals.json"))
    parser.add_argument("--mitsuba-data", metavar="DIR")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    path = arguments.earlier
    if path is None:
        path = arguments.json
        data = ["--mitsuba-data", arguments.mitsuba_data] if arguments.mitsuba_data else []
        # those that are made of the public scenes are unknown without them
        names = [name for name in NAMES if data or not any(scene in name for scene in ("cbox-", "matpreview"))]
        code = specrender(["bench", *names, "--peers", "--json", str(path), "--repeats", str(arguments.repeats), *data])
        if code:
            return code
    document = read_json(path)
    print(f"{document['date'][:10]}, {document['processor']}, {document['threads']} threads")
    for goal, figure, wanted, more in goals(document["cases"]):
        if figure is None:
            print(f"{goal:75}   not measured")
            continue
        verdict = "" if wanted is None else f"{'at least' if more else 'at most'} {wanted:g}"
        mark = "" if wanted is None or (figure >= wanted) == more or figure == wanted else "   missed"
        print(f"{goal:75}{figure:9.3f}   {verdict}{mark}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
