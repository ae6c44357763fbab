"""The pages of the report, section by section, from numbers and pictures."""

from __future__ import annotations

from html import escape

from specrender.comparison import figures
from specrender.comparison.elements import (
    interval,
    interval_ratio,
    map_viewer,
    number,
    page,
    percent,
    percent_interval,
    svg_figure,
    swatch,
    swipe,
    table,
)
from specrender.comparison.metrics import CLEAR, VISIBLE
from specrender.comparison.statistics import FALSE_DISCOVERY_RATE

#: Rows of tables that may have many.
MOST_ROWS = 30

#: Error of a reflection (CIEDE2000) from which on it is worth telling.
TOLD_ERROR = 0.1


def verdict(numbers: dict) -> str:
    """What was found, in a sentence."""
    text = escape(numbers["verdict_text"]).replace("+-", "&plusmn;")
    return f'<p class="verdict {numbers["verdict"]}">{text}</p>'


def cards(numbers: dict) -> str:
    """The main numbers of a pair."""
    delta, seen = numbers["delta_e_2000"], "share_significant_and_above_1"
    noise = f"; noise alone {number(delta['noise_alone'])}" if "noise_alone" in delta else ""
    entries = [
        (interval(delta["mean"], delta.get("ci95")), f"mean CIEDE2000{noise}"),
        (number(delta["p95"]), "95th percentile of CIEDE2000"),
        (percent(numbers.get("share_significant")), "pixels with a significant difference"),
        (percent(numbers.get(seen)), f"pixels where it is also above {VISIBLE:g}"),
        (number(numbers["delta_e_itp"]["mean"]), "mean Delta E ITP"),
        (number(numbers["flip"]["mean"]), "mean FLIP"),
        (number(numbers["shifts"]["luminance_ratio"], 4), "luminance ratio"),
    ]
    shown = [(value, text) for value, text in entries if value != "&ndash;"]
    return (
        '<div class="cards">'
        + "".join(f'<div class="card"><b>{v}</b><span>{t}</span></div>' for v, t in shown)
        + "</div>"
    )


def full_table(columns: dict[str, dict]) -> str:
    """All statistics, one column a pair."""
    rows: list[list[str]] = []

    def add(label, get):
        cells = []
        for numbers in columns.values():
            try:
                cells.append(get(numbers))
            except KeyError:
                cells.append("&ndash;")
        rows.append([label, *cells])

    for metric, label in (("delta_e_2000", "CIEDE2000"), ("delta_e_itp", "Delta E ITP"), ("flip", "FLIP")):
        add(f"{label}, mean", lambda n, m=metric: interval(n[m]["mean"], n[m].get("ci95")))
        if metric == "delta_e_2000":
            add("&emsp;of which noise alone makes", lambda n: number(n["delta_e_2000"]["noise_alone"]))
            add("&emsp;root mean square without noise", lambda n: number(n["delta_e_2000"]["rms_without_noise"]))
        for key, name in (("median", "median"), ("p95", "95th percentile"), ("max", "maximum")):
            add(f"{label}, {name}", lambda n, m=metric, k=key: number(n[m][k]))
        if metric != "flip":
            for limit in (VISIBLE, CLEAR):
                add(f"{label}, share above {limit:g}", lambda n, m=metric, k=f"share_above_{limit:g}": percent(n[m][k]))
    add("significant pixels", lambda n: percent(n["share_significant"]))
    add("hue shift of coloured pixels [degrees]", lambda n: number(n["shifts"]["hue_shift_deg"]))
    add("chroma shift [C*]", lambda n: number(n["shifts"]["chroma_shift"]))
    add("luminance ratio", lambda n: interval_ratio(n["shifts"]))
    add("XYZ error (root mean square, relative)", lambda n: percent(n["shifts"]["xyz_error"]))
    for index, axis in enumerate("XYZ"):
        add(f"bias of {axis}, of mean Y", lambda n, i=index: percent((n["shifts"]["xyz_bias"] or [None] * 3)[i]))
    return table(["", *map(escape, columns)], rows)


def part_table(parts: dict, space: str, exposure: float) -> str:
    """One row for each material or emitting shape."""
    rows = []
    for name, entry in list(parts.items())[:MOST_ROWS]:
        numbers = entry["spaces"][space]
        delta, colour, shift = numbers["delta_e_2000"], numbers["mean_colour"], numbers["shifts"]
        pair = swatch(colour["xyz_spectral"], exposure, "pair") + swatch(colour["xyz_rgb"], exposure)
        rows.append([
            escape(name),
            pair,
            f"{entry['pixels']}",
            interval(delta["mean"], delta.get("ci95")),
            number(delta.get("noise_alone")),
            number(delta["p95"]),
            interval(colour["delta_e_2000"], colour.get("ci95")) + ("" if colour["significant"] else " (noise)"),
            percent(numbers.get("share_significant")),
            number(numbers["delta_e_itp"]["mean"]),
            number(numbers["flip"]["mean"]),
            number(shift["hue_shift_deg"]),
            number(shift["chroma_shift"]),
            interval_ratio(shift),
        ])  # fmt: skip
    head = ["Part", "spectral | RGB", "Pixels", "mean CIEDE2000", "noise alone", "95 %", "of mean colours",
            "significant", "Delta E ITP", "FLIP", "hue [&deg;]", "chroma", "luminance"]  # fmt: skip
    return table(head, rows)


def light_table(lights: list[dict], space: str) -> str:
    """One row for each group of lights."""
    rows = []
    for light in lights:
        numbers, share = light["spaces"][space], percent_interval(light["share"], light["share_ci95"])
        cells = ["&ndash;"] * 3
        if numbers is not None:
            names = ("delta_e_2000", "luminance_ratio", "u_v_shift")
            cells = [interval(numbers[name], numbers[f"{name}_ci95"]) for name in names]
        rows.append([escape(light["name"]), share, *cells])
    return table(["Lights", "share of luminance", "CIEDE2000 of its part", "luminance ratio", "shift in u'v'"], rows)


def causes_text(causes: dict, spaces: tuple[str, ...]) -> str:
    """What three numbers cannot carry, in sentences and a table."""
    text = []
    for glass in causes["dispersive"]:
        text.append(
            f"<p><b>{escape(glass['surface'])}</b> ({escape(glass['index'])}) is dispersive: its index goes from "
            f"{glass['n_c']:.4f} in the red (656 nm) to {glass['n_f']:.4f} in the blue (486 nm), Abbe number "
            f"{glass['abbe']:.1f}. "
            f"RGB has one index for all light, {glass['n_d']:.4f}: no coloured edges, no spectrum.</p>"
        )
    told = [entry for entry in causes["reflections"] if _worst(entry) > TOLD_ERROR]
    if told:
        told.sort(key=_worst, reverse=True)
        rows = [
            [
                f"{escape(entry['surface'])} <br>under {escape(entry['light'])}",
                *(
                    f"{number(e['one_bounce'])} / {number(e['two_bounces'])}"
                    for e in (entry["spaces"][s] for s in spaces)
                ),
            ]
            for entry in told[:MOST_ROWS]
        ]
        text.append(
            "<p>A reflection multiplies two spectra, wavelength by wavelength. RGB multiplies three numbers "
            "instead, and "
            "what that gets wrong can be computed without rendering: CIEDE2000 after one and after two bounces off the "
            "surface, at a luminance of 0.2.</p>" + table(["Surface and light", *map(escape, spaces)], rows)
        )
    clamped = [entry for entry in causes["out_of_range"] if max(-min(entry["rgb"]), max(entry["rgb"]) - 1.0) > 1e-3]
    for entry in clamped[:MOST_ROWS]:
        values = ", ".join(f"{v:.3f}" for v in entry["rgb"])
        text.append(
            f"<p><b>{escape(entry['surface'])}</b> lies outside {escape(entry['space'])}: its RGB would be ({values}), "
            "and is clamped to 0 to 1.</p>"
        )
    if not text:
        text.append(
            "<p>No constant reflectance, light or index of refraction of this scene is known to be beyond what "
            "three numbers "
            "can carry. (Pictures as textures and environments are uplifted from RGB and are not examined here.)</p>"
        )
    return "".join(text)


def _worst(entry):
    return max(max(e["one_bounce"], e["two_bounces"]) for e in entry["spaces"].values())


def probe_section(probes: list[dict], picked: bool, spaces: tuple[str, ...], exposure: float) -> str:
    """Spectra and colours of single pixels."""
    how = "They were picked: the largest significant differences, one in a part of the picture." if picked else ""
    text = [
        f"<p>Single pixels, rendered again with {probes[0]['samples']} samples, so that their numbers are better "
        "than those of the "
        f"picture. {how} The band around a spectrum is two standard errors wide on either side.</p>",
        '<div class="two">',
    ]
    for index, probe in enumerate(probes, 1):
        label = f"{index}: pixel {probe['x']}, {probe['y']}"
        text.append(svg_figure(figures.spectrum_figure(probe, label), f"Spectrum of probe {label}"))
    text.append("</div><p></p>")
    rows = []
    for index, probe in enumerate(probes, 1):
        for space in spaces:
            numbers = probe["spaces"][space]
            pair = swatch(probe["xyz_spectral"], exposure, "pair") + swatch(numbers["xyz"], exposure)
            rows.append([
                f"{index} ({probe['x']}, {probe['y']}), {escape(space)}",
                pair,
                interval(numbers["delta_e_2000"], numbers["delta_e_2000_ci95"]),
                interval(numbers["delta_e_itp"], numbers["delta_e_itp_ci95"]),
                number(numbers["hue_shift_deg"]),
                number(numbers["chroma_shift"]),
                number(numbers["luminance_ratio"], 4),
            ])  # fmt: skip
    head = ["Probe", "spectral | RGB", "CIEDE2000", "Delta E ITP", "hue [&deg;]", "chroma", "luminance"]
    return "".join(text) + table(head, rows)


def relight_section(relight: dict, embed, spaces: tuple[str, ...]) -> str:
    """Other lamps: pictures, differences, metamers."""
    names = relight["illuminants"]
    text = [
        "<p>Every light has the spectrum of one illuminant and the luminance it had; pictures are seen by an eye "
        "adapted to it "
        "(CAT16).</p>"
    ]
    head = ["RGB against spectral, mean CIEDE2000", *map(escape, names)]
    text.append(
        table(head, [[escape(s), *(number(relight["difference"][s][n]["mean"]) for n in names)] for s in spaces])
    )
    for name in names:
        text.append(f"<h3>Under {escape(name)}</h3>")
        text.append(
            swipe(
                embed, f"spectral-under-{name}", f"rgb-{spaces[0]}-under-{name}", ("spectral", f"RGB, {spaces[0]}"), []
            )
        )
    text.append(
        f"<h3>Metamers</h3><p>Blocks of 4 x 4 pixels of different parts that match (CIEDE2000 below {VISIBLE:g}) "
        "under one "
        f"illuminant, and what share of these pairs parts (above {CLEAR:g}) under another:</p>"
    )
    modes = list(relight["modes"])
    rows = [
        [escape(key.replace("->", "→")), *(percent(relight["modes"][mode]["parted"][key]) for mode in modes)]
        for key in relight["modes"]["spectral"]["parted"]
    ]
    text.append(
        table(["match → part under", *(escape("spectral" if m == "spectral" else f"RGB, {m}") for m in modes)], rows)
    )
    for mode in modes:
        pairs = relight["modes"][mode]["pairs"]
        if not pairs:
            continue
        rows = [
            [
                f"{escape(pair['first'])} ({pair['first_xy'][0]}, {pair['first_xy'][1]})<br>"
                f"{escape(pair['second'])} ({pair['second_xy'][0]}, {pair['second_xy'][1]})",
                *(number(pair["delta_e_2000"][name]) for name in names),
            ]
            for pair in pairs
        ]
        label = "in the spectral render" if mode == "spectral" else f"in RGB ({escape(mode)})"
        text.append(f"<h3>Pairs that part most {label}: CIEDE2000</h3>" + table(["Pair", *map(escape, names)], rows))
    if not any(relight["modes"][mode]["pairs"] for mode in modes):
        text.append("<p>No pair was found that matches under one of these illuminants and parts under another.</p>")
    return "".join(text)


# ---------------------------------------------------------------- pages


def scene_page(comparison, embed, maps: dict[str, list], command: str | None) -> str:
    """The report on a scene."""
    numbers, spaces, exposure = comparison.numbers, comparison.spaces, comparison.viewing.exposure
    body = []
    render = numbers["render"]
    x0, y0, x1, y1 = render["crop"]
    body.append(
        f'<p class="lead">The same scene, rendered once in wavelengths and once in RGB ({escape(", ".join(spaces))}) '
        "by the same "
        f"kernel with the same random numbers: {x1 - x0} x {y1 - y0} pixels, {render['samples_per_pixel']} samples "
        "each.</p>"
    )
    if render["interrupted"]:
        body.append("<p><b>The render was stopped early; all numbers are of the samples taken until then.</b></p>")
    if len(spaces) > 1:
        body.append('<div class="bar spaces" role="group" aria-label="RGB space">')
        for index, space in enumerate(spaces):
            body.append(
                f'<button type="button" data-space="{escape(space)}" '
                f'aria-pressed="{str(index == 0).lower()}">{escape(space)}</button>'
            )
        body.append("</div>")
    places = [(probe["x"], probe["y"]) for probe in numbers["probes"]]

    def per_space(make):
        for index, space in enumerate(spaces):
            hidden = "" if index == 0 else " hidden"
            body.append(f'<section data-of="{escape(space)}"{hidden}>{make(space)}</section>')

    per_space(
        lambda space: (
            verdict(numbers["spaces"][space])
            + cards(numbers["spaces"][space])
            + swipe(embed, "spectral", f"rgb-{space}", ("spectral", f"RGB, {space}"), places)
            + "<h2>Where it differs</h2>"
            + map_viewer(embed, maps[space], space)
        )
    )
    body.append("<h2>Why</h2>" + causes_text(numbers["causes"], spaces))
    body.append(
        "<h2>By material</h2><p>A pixel belongs to what its first sample meets. Noise averages out in the mean "
        "colours of a part.</p>"
    )
    per_space(lambda space: part_table(numbers["parts"], space, exposure))
    if numbers["lights"]:
        body.append(
            "<h2>By light</h2><p>The picture is the sum of what each light contributes; each was rendered burning "
            "alone, in both "
            "modes. The colours compared are the mean of its contribution, at the luminance of the whole picture.</p>"
        )
        per_space(lambda space: light_table(numbers["lights"], space))
    body.append("<h2>Chromaticities</h2>")
    per_space(lambda space: diagrams(comparison.findings[space], space, ("spectral", f"RGB, {space}")))
    if numbers["probes"]:
        body.append("<h2>Spectra</h2>" + probe_section(numbers["probes"], numbers["probes_picked"], spaces, exposure))
    if numbers["relight"]:
        body.append("<h2>Under other lamps</h2>" + relight_section(numbers["relight"], embed, spaces))
    body.append("<h2>All numbers</h2>" + full_table(numbers["spaces"]))
    body.append("<h2>How this was made</h2>" + (f"<pre>{escape(command)}</pre>" if command else "") + method(numbers))
    return page(f"{numbers['scene']}: spectral against RGB", numbers["scene"], "".join(body))


def diagrams(findings, space: str, names: tuple[str, str]) -> str:
    """Both chromaticity diagrams."""
    drawn = [
        svg_figure(
            figures.chromaticity_diagram(findings.first, findings.second, space, uv, names),
            f"{'CIE 1976 u′v′' if uv else 'CIE 1931 xy'}: pixels of both pictures, gamuts, and Pointer's gamut of "
            "real surfaces",
        )
        for uv in (True, False)
    ]
    return '<div class="two">' + "".join(drawn) + "</div>"


def method(numbers: dict) -> str:
    """How the numbers come about, in words."""
    render, viewing = numbers["render"], numbers["viewing"]
    rate = f"{100 * FALSE_DISCOVERY_RATE:g} %"
    dropped = sum(render["non_finite_samples"].values())
    lost = f" {dropped} samples were not finite and count as black." if dropped else ""
    return (
        f"<p>specrender {escape(render['version'])}, {escape(render['integrator'])}, {escape(render['sampler'])} "
        "sampler, seed "
        f"{render['seed']}: {render['batches']} batches of {render['samples_per_batch']} samples per pixel, each "
        "with a seed that "
        f"both renders share.{lost}</p>"
        "<p><b>Noise.</b> The covariance of the difference of a pixel is estimated from the scatter of the "
        "differences of its batches. "
        "Hotelling's test asks whether X, Y and Z differ together; the pixels marked are found at a false discovery "
        f"rate of {rate} "
        "(Benjamini and Hochberg): of those marked, on average fewer than that are marked wrongly. A colour "
        "difference is never negative, so noise "
        "makes its mean larger: &ldquo;noise alone&rdquo; is the mean that this noise would have if there were no "
        "difference at all. "
        "Intervals hold 95 %.</p>"
        f"<p><b>Colour.</b> Luminance {2.0 ** -viewing['exposure']:g} is white (exposure {viewing['exposure']:g} "
        "stops), shown at "
        f"{viewing['reference_white_cdm2']:g} cd/m&sup2; for Delta E ITP; FLIP is of the display pictures at 67 "
        "pixels a degree. "
        f"A CIEDE2000 of {VISIBLE:g} is about what is seen side by side.</p>"
        f"<p><b>Time.</b> Rendering {numbers['seconds']['render']:.1f} s "
        f"({', '.join(f'{escape(k)} {v:.1f} s' for k, v in render['render_seconds'].items())}).</p>"
    )


def image_page(comparison, embed, maps: dict[str, list], command: str | None) -> str:
    """The report on two finished images."""
    numbers, names = comparison.numbers, comparison.names
    body = [
        verdict(numbers),
        cards(numbers["statistics"]),
        swipe(embed, "first", "second", names, []),
        "<h2>Where they differ</h2>",
        map_viewer(embed, maps[""], ""),
        "<h2>Chromaticities</h2>",
        diagrams(comparison.findings, "srgb", names),
        "<h2>All numbers</h2>",
        full_table({f"{names[1]} against {names[0]}": numbers["statistics"]}),
        "<h2>How this was made</h2>",
        f"<pre>{escape(command)}</pre>" if command else "",
        f"<p>{escape(numbers['noise_text'])}</p>",
    ]
    return page(f"{names[0]} and {names[1]}", f"{names[0]} and {names[1]}", "".join(body))
