"""Figures of a run: how cost grows with triangles, lights, threads and pixels."""

from __future__ import annotations

from pathlib import Path

from specrender.errors import InputError, SpecrenderError

#: case -> what is on its axis.
PANELS = {
    "scale.triangles": "triangles",
    "scale.lights": "lamps",
    "scale.threads": "threads",
    "scale.size": "edge of the image [pixels]",
}

#: What matplotlib can write.
EXTENSIONS = (".svg", ".png", ".pdf")


def check_plot(path: Path, names: list[str]) -> None:
    """InputError if such a file or cases of these names cannot be drawn, SpecrenderError without matplotlib."""
    if not set(PANELS) & set(names):
        raise InputError(f"nothing to plot: none of {', '.join(PANELS)} is among what is measured")
    if path.suffix.lower() not in EXTENSIONS:
        raise InputError(f"--plot '{path}' must end in {', '.join(EXTENSIONS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise SpecrenderError("--plot needs matplotlib (pip install matplotlib)") from None


def series(case: dict) -> dict[str, list[tuple[float, float, float, float]]]:
    """Lines of a panel: name -> (x, median, lower and upper quartile), by ascending x."""
    found: dict[str, list] = {}
    for entry in case["contestants"].values():
        if "x" in entry:
            found.setdefault(entry["series"], []).append((entry["x"], entry["median"], *entry["quartiles"]))
    return {name: sorted(points) for name, points in found.items()}


def draw(document: dict, path: Path) -> None:
    """Write the panels of those cases that the run has."""
    import matplotlib

    panels = [name for name in PANELS if name in document["cases"]]
    # the same file for the same data
    matplotlib.rcParams["svg.hashsalt"] = "specrender"
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(panels), 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    for position, name in enumerate(panels, start=1):
        case = document["cases"][name]
        axes = figure.add_subplot(1, len(panels), position)
        for label, points in series(case).items():
            x, median, low, high = zip(*points, strict=True)
            (line,) = axes.plot(x, median, marker="o", markersize=4, label=label)
            axes.fill_between(x, low, high, alpha=0.2, color=line.get_color())
        axes.set_xscale("log", base=2 if name == "scale.threads" else 10)
        # from zero: twice as high is twice as slow; a logarithmic axis of less than a decade would have no numbers
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(PANELS[name])
        axes.set_ylabel("microseconds a path" if position == 1 else "")
        axes.grid(alpha=0.3, which="both", linewidth=0.5)
        if name in ("scale.threads", "scale.size"):
            ticks = sorted({point[0] for points in series(case).values() for point in points})
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
        axes.legend(fontsize=7)
    figure.suptitle(f"{document['processor']}, {document['threads']} threads, {document['date'][:10]}", fontsize=9)
    figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
