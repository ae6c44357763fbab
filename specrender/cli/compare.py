"""`specrender compare`: a scene in wavelengths and in RGB, or two finished images; a report and a short table."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
import warnings
from pathlib import Path

from specrender.cli.interrupts import Interrupts
from specrender.cli.progress import LINE_SECONDS, announce_compiling
from specrender.cli.streams import say, show_notices
from specrender.errors import InputError, SpecrenderError
from specrender.scene.readers import called, check_scene_file

#: Endings of image files: an input that has one is not a scene.
IMAGES = (".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".hdr", ".pfm")

#: Keywords of `specrender.compare` whose flags have the same names.
SAME = ("spp", "time", "resolve", "probes", "relight", "camera", "size", "crop", "seed", "threads", "dispersive",
        "integrator", "sampler", "max_depth")  # fmt: skip

#: Flags that say how a scene is rendered, and mean nothing for images.
SCENE_FLAGS = {"spp": "--spp", "time": "--time", "resolve": "--resolve", "rgb_spaces": "--rgb-space",
               "probes": "--probe", "relight": "--relight", "camera": "--camera", "size": "--size", "crop": "--crop",
               "seed": "--seed", "defines": "-D",
               "integrator": "--integrator", "sampler": "--sampler", "max_depth": "--max-depth",
               "dispersive": "--dispersive", "threads": "--threads"}  # fmt: skip


def run(arguments) -> int:
    """Compare, write the report, print the table; returns the exit code."""
    inputs = arguments.inputs
    if len(inputs) > 2:
        raise InputError(f"compare takes one scene or two images, got {len(inputs)} files")
    images = [name for name in inputs if Path(name).suffix.lower() in IMAGES]
    if len(inputs) == 2:
        if len(images) < 2:
            other = next(name for name in inputs if name not in images)
            raise InputError(f"'{other}' is no image ({' '.join(IMAGES)}); two files are compared as images")
        return _run_images(arguments)
    if images:
        raise InputError(f"'{inputs[0]}' is an image: give the second image, too")
    return _run_scene(arguments)


def _command() -> str:
    return shlex.join(["specrender", *sys.argv[1:]]) if sys.argv and sys.argv[0] else "specrender compare"


def _viewing(arguments) -> dict:
    given = {"exposure": arguments.exposure, "reference_white": arguments.reference_white}
    return {name: value for name, value in given.items() if value is not None}


def _run_images(arguments) -> int:
    from specrender.comparison import compare_images
    from specrender.comparison.report import checked_folder

    for name, flag in SCENE_FLAGS.items():
        if getattr(arguments, name) not in (None, False) and getattr(arguments, name) != []:
            raise InputError(f"{flag} says how a scene is rendered; two images are compared as they are")
    with warnings.catch_warnings():
        show_notices(arguments.quiet)
        result = compare_images(*arguments.inputs, **_viewing(arguments))
    folder = None if arguments.output is None else Path(arguments.output)
    if folder is not None:
        with _no_empty_folder(folder):
            checked_folder(folder)
            result.write(folder, _command())
    if not arguments.quiet:
        say(image_table(result.numbers), sys.stdout)
        if folder is not None:
            say(f"specrender: wrote {folder / 'report.html'}", sys.stdout)
    return 0


def _run_scene(arguments) -> int:
    from specrender.comparison.report import checked_folder

    with Interrupts(arguments.quiet) as interrupts, warnings.catch_warnings():
        show_notices(arguments.quiet)
        scene = Path(arguments.inputs[0])
        folder = Path(arguments.output if arguments.output is not None else f"{called(scene).stem}-compare")
        check_scene_file(scene)
        _keep_inputs(scene, folder)
        with _no_empty_folder(folder):
            checked_folder(folder)
            result = _compare(arguments, interrupts)
            interrupts.is_rendering = False
            started = time.perf_counter()
            result.write(folder, _command())
            result.numbers["seconds"]["write"] = time.perf_counter() - started
        if not arguments.quiet:
            say(scene_table(result.numbers), sys.stdout)
            seconds = result.numbers["seconds"]
            text = f"rendered in {seconds['render']:.1f} s, report in {seconds['assess'] + seconds['write']:.1f} s"
            if result.interrupted:
                text = f"interrupted after {result.numbers['render']['samples_per_pixel']} samples per pixel; {text}"
            say(f"specrender: wrote {folder / 'report.html'} ({text})", sys.stdout)
        return 130 if result.interrupted else 0


@contextlib.contextmanager
def _no_empty_folder(folder: Path):
    """Context at whose failure a folder that was made inside it goes, unless there is something in it."""
    is_new = not folder.exists()
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _keep_inputs(scene: Path, folder: Path) -> None:
    """InputError if the report would go among the files of the scene, whose pictures it might replace."""
    if folder.exists() and folder.resolve() == scene.parent.resolve():
        raise InputError(f"the report would go into the folder of the scene, '{folder}'; give another one by -o")


def _compare(arguments, interrupts):
    from specrender.comparison import compare
    from specrender.driver import Job

    announce_compiling(arguments.quiet)
    is_open_ended = arguments.resolve is not None and arguments.spp is None and arguments.time is None
    progress = Progress(arguments.quiet or is_open_ended)

    def on_noise(samples, level):
        if not arguments.quiet:
            wanted = f"{arguments.resolve:g} wanted"
            say(f"specrender: {samples} samples per pixel: noise alone makes a Delta E 2000 of {level:.2g}, {wanted}")

    keywords = {name: getattr(arguments, name) for name in SAME}
    if arguments.rgb_spaces is not None:
        keywords["rgb_spaces"] = arguments.rgb_spaces
    interrupts.is_rendering = True
    try:
        return compare(
            arguments.inputs[0],
            **keywords,
            **_viewing(arguments),
            defines=dict(arguments.defines),
            job=Job(on_progress=progress.update, stop=interrupts.stop),
            on_noise=on_noise,
        )
    except SpecrenderError as error:
        if interrupts.stop.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        progress.close()


class Progress:
    """A bar on a terminal, few lines elsewhere, for one render after the other (the next begins again at 0)."""

    def __init__(self, quiet: bool):
        self._quiet, self._bar, self._last = quiet, None, 0
        self._started = self._told = time.monotonic()

    def update(self, done: int, total: int | None) -> None:
        """Samples done and in all, of all modes."""
        if self._quiet or not total:
            return
        if done < self._last or self._last == 0:  # compiling is over, or the next render begins
            self.close()
            self._started = self._told = time.monotonic()
        self._last = done
        if sys.stderr.isatty():
            self._draw(done, total)
        elif time.monotonic() - self._told > LINE_SECONDS and 0 < done < total:
            self._told = time.monotonic()
            left = (self._told - self._started) * (total - done) / done
            say(f"specrender: {100 * done / total:3.0f} %, about {left:.0f} s to go")

    def _draw(self, done, total):
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(unit=" samples", unit_scale=True, dynamic_ncols=True, file=sys.stderr)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


# ---------------------------------------------------------------- tables


def _short(value, half=None, digits=3):
    if value is None:
        return "-"
    text = f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.0f}"
    return text if half is None else f"{text} +- {half:.2g}"


def _percent(share):
    return "-" if share is None else f"{100 * share:.3g} %"


def _columns(head, rows) -> str:
    """Lines with a left-aligned label and right-aligned columns."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    return "\n".join(
        "  "
        + "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in table
    )


def scene_table(numbers) -> str:
    """The short table of a scene: the verdicts, the picture, and its parts."""
    spaces = numbers["spaces"]
    render = numbers["render"]
    lines = [
        f"{numbers['scene']}: spectral against RGB, {render['samples_per_pixel']} samples per pixel",
        *(f"  {space}: {entry['verdict_text']}" for space, entry in spaces.items()),
        "",
    ]
    rows = [
        [
            "Delta E 2000, mean",
            *(_short(n["delta_e_2000"]["mean"], n["delta_e_2000"]["ci95"]) for n in spaces.values()),
        ],
        ["  noise alone", *(_short(n["delta_e_2000"]["noise_alone"]) for n in spaces.values())],
        ["  95th percentile", *(_short(n["delta_e_2000"]["p95"]) for n in spaces.values())],
        ["Delta E ITP, mean", *(_short(n["delta_e_itp"]["mean"]) for n in spaces.values())],
        ["FLIP, mean", *(_short(n["flip"]["mean"]) for n in spaces.values())],
        ["luminance ratio", *(_short(n["shifts"]["luminance_ratio"], digits=4) for n in spaces.values())],
        ["significant pixels", *(_percent(n["share_significant"]) for n in spaces.values())],
        ["  and above 1", *(_percent(n["share_significant_and_above_1"]) for n in spaces.values())],
    ]
    lines.append(_columns(["", *spaces], rows))
    lines += ["", "Delta E 2000 of the mean colour of each part:"]
    rows = []
    for name, part in list(numbers["parts"].items())[:12]:
        cells = []
        for entry in part["spaces"].values():
            colour = entry["mean_colour"]
            cells.append(
                _short(colour["delta_e_2000"], colour.get("ci95")) + ("" if colour["significant"] else " (noise)")
            )
        rows.append([name if len(name) <= 40 else name[:37] + "...", *cells])
    lines.append(_columns(["", *spaces], rows))
    return "\n".join(lines)


def image_table(numbers) -> str:
    """The short table of two images."""
    found = numbers["statistics"]
    rows = [
        ["Delta E 2000, mean", _short(found["delta_e_2000"]["mean"])],
        ["  median", _short(found["delta_e_2000"]["median"])],
        ["  95th percentile", _short(found["delta_e_2000"]["p95"])],
        ["  maximum", _short(found["delta_e_2000"]["max"])],
        ["  above 1", _percent(found["delta_e_2000"]["share_above_1"])],
        ["  above 2.3", _percent(found["delta_e_2000"]["share_above_2.3"])],
        ["Delta E ITP, mean", _short(found["delta_e_itp"]["mean"])],
        ["FLIP, mean", _short(found["flip"]["mean"])],
        ["luminance ratio", _short(found["shifts"]["luminance_ratio"], digits=4)],
        ["significant pixels", _percent(found.get("share_significant"))],
    ]
    names = " against ".join(reversed(numbers["files"]))
    return f"{names}\n  {numbers['verdict_text']}\n\n" + _columns(["", ""], rows)
