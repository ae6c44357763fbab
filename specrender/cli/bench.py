"""`specrender bench`: speed of kernels and renders, alone, beside other renderers, or beside an earlier run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from specrender.cli.streams import say
from specrender.errors import InputError, SpecrenderError


def run(arguments) -> int:
    """Measure, print, and write what was asked for; returns the exit code."""
    from specrender.bench.cases import all_cases, chosen

    with tempfile.TemporaryDirectory(prefix="specrender-bench-") as folder:
        context = _context(arguments, Path(folder))
        names = arguments.names or (["scale"] if arguments.plot else [])
        cases = chosen(all_cases(context), names)
        if arguments.list:
            for case in cases if names else all_cases(context):
                when = "on request" if case.on_request else ""
                print(f"{case.name:38}{case.unit.label:11}{when:12}{case.about}")
            return 0
        return _measure(arguments, context, cases)


def _context(arguments, folder):
    """The options of the run, checked before anything is measured."""
    from specrender.bench.case import Context
    from specrender.bench.peers.pbrt import checked_program
    from specrender.driver import default_threads

    if arguments.pbrt and not arguments.peers:
        raise InputError("--pbrt names another renderer; it needs --peers")
    if arguments.mitsuba_data and not Path(arguments.mitsuba_data).exists():
        raise InputError(f"--mitsuba-data '{arguments.mitsuba_data}' does not exist")
    if arguments.mesh:
        _check_mesh(Path(arguments.mesh))
    if arguments.mitsuba_data and not (Path(arguments.mitsuba_data) / "scenes").is_dir():
        raise InputError(f"--mitsuba-data '{arguments.mitsuba_data}' has no folder 'scenes': it must be a checkout of "
                         "mitsuba-data")  # fmt: skip
    return Context(
        folder=folder,
        threads=default_threads() if arguments.threads is None else arguments.threads,
        repeats=arguments.repeats or (3 if arguments.quick else 7),
        quick=arguments.quick,
        peers=arguments.peers,
        pbrt=checked_program(arguments.pbrt) if arguments.pbrt else None,
        mitsuba_data=Path(arguments.mitsuba_data).resolve() if arguments.mitsuba_data else None,
        mesh=Path(arguments.mesh).resolve() if arguments.mesh else None,
        note=lambda text: say(f"specrender: note: {text}"),
    )


def _check_mesh(path):
    """Errors for a mesh that cannot be read, now: its benchmarks may come minutes later."""
    from specrender.files import why_unreadable
    from specrender.scene.readers.meshes import load_mesh

    problem = why_unreadable(path)
    if problem:
        raise InputError(f"--mesh '{path}' cannot be read: {problem}")
    load_mesh(path)


def _measure(arguments, context, cases):
    from specrender.bench import report
    from specrender.bench.run import run_case
    from specrender.kernel.jit import Compilation

    out = Path(arguments.json) if arguments.json else None
    figure = Path(arguments.plot) if arguments.plot else None
    for path in filter(None, (out, figure)):
        report.check_writable(path)
    if figure:
        from specrender.bench.plot import check_plot, draw

        check_plot(figure, [case.name for case in cases])
    baseline = report.read_json(Path(arguments.baseline)) if arguments.baseline else None
    Compilation.on_begin = _announce_compiling()
    print(report.heading(baseline is not None), flush=True)
    outcomes, failed, is_interrupted = [], 0, False
    try:
        for case, before in zip(cases, [None, *cases[:-1]], strict=True):
            if before is not None and before.name.split(".")[0] != case.name.split(".")[0]:
                context.free_large()
            try:
                outcome = run_case(case, context)
            except (SpecrenderError, OSError) as error:
                failed += 1
                say(f"specrender: error: {case.name}: {' '.join(str(error).split())}")
                continue
            outcomes.append(outcome)
            print("\n".join(report.lines(case.name, report.case_document(outcome), baseline)), flush=True)
    except KeyboardInterrupt:
        is_interrupted = True
        say("specrender: interrupted; what was measured before is kept")
    found = report.document(context, outcomes, is_interrupted)
    if out:
        report.write_json(out, found)
    if figure and not is_interrupted and not failed:
        draw(found, figure)
    if is_interrupted:
        return 130
    return 1 if failed else 0


def _announce_compiling():
    """Says once that compiling, which only a first run does, takes a while."""
    is_said = []

    def announce():
        if not is_said:
            is_said.append(True)
            say("specrender: compiling; a first run takes a minute or so before it measures")

    return announce
