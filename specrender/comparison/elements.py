"""Pieces of HTML: numbers, tables, pictures with a slider, heat maps with a legend."""

from __future__ import annotations

import base64
from html import escape
from importlib import resources
from string import Template

import numpy as np

from specrender.color import srgb_encode, xyz_to_rgb
from specrender.comparison import figures
from specrender.comparison.files import map_stem
from specrender.comparison.metrics import CLEAR, VISIBLE


def number(value: float | None, digits: int = 3) -> str:
    """A number with some significant digits, but at most four decimals; a dash for None."""
    if value is None or not np.isfinite(value):
        return "&ndash;"
    if value == 0.0:
        return "0"
    if abs(value) < 5e-5:
        return f"{value:.0e}"
    return f"{value:.{min(max(0, digits - 1 - int(np.floor(np.log10(abs(value))))), 4)}f}"


def percent(share: float | None) -> str:
    """A share in per cent."""
    return "&ndash;" if share is None else f"{number(100.0 * share)} %"


def percent_interval(share: float, half: float) -> str:
    """A share with the half width of its interval, in per cent."""
    return f"{number(100.0 * share)} &plusmn; {number(100.0 * half, 2)} %"


def interval(value: float | None, half: float | None) -> str:
    """A number with the half width of its interval."""
    return number(value) + (f" &plusmn; {number(half, 2)}" if half is not None else "")


def swatch(xyz, exposure: float, kind: str = "") -> str:
    """A patch of a colour in sRGB."""
    linear = np.clip(np.asarray(xyz) * 2.0**exposure @ xyz_to_rgb("srgb").T, 0.0, 1.0)
    code = "#{:02x}{:02x}{:02x}".format(*np.rint(255 * srgb_encode(linear)).astype(int))
    return f'<span class="swatch {kind}" style="background:{code}"></span>'


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in a box that scrolls sideways on narrow screens; cells are HTML."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def svg_figure(svg: str, caption: str) -> str:
    """An SVG as an image, so that its names cannot meet those of another."""
    data = base64.b64encode(svg.encode()).decode()
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}"><figcaption>{text}</figcaption></figure>'


def page(title: str, heading: str, body: str) -> str:
    """The whole file."""
    template = resources.files("specrender.comparison").joinpath("report.html").read_text(encoding="utf-8")
    return Template(template).substitute(title=escape(title), heading=escape(heading), body=body)


def interval_ratio(shifts: dict) -> str:
    """A ratio near 1 needs more digits."""
    half = shifts.get("luminance_ratio_ci95")
    return number(shifts["luminance_ratio"], 4) + (f" &plusmn; {number(half, 2)}" if half is not None else "")


def swipe(embed, first: str, second: str, names: tuple[str, str], marks: list[tuple[int, int]]) -> str:
    """Two pictures with a slider between; it is an <input>, so that mouse, finger and keyboard move it."""
    x0, y0, x1, y1 = embed.window
    kind = ' class="pixels"' if embed.is_small() else ""
    over = ' class="over pixels"' if embed.is_small() else ' class="over"'
    size = f'width="{x1 - x0}" height="{y1 - y0}"'
    spots = "".join(
        f'<span class="mark" style="left:{100 * (x + 0.5 - x0) / (x1 - x0):.3f}%;'
        f'top:{100 * (y + 0.5 - y0) / (y1 - y0):.3f}%">{index}</span>'
        for index, (x, y) in enumerate(marks, 1)
    )
    left, right = escape(names[0]), escape(names[1])
    return (
        f'<div class="swipe" style="{fitting(embed)}"><img{kind} {size} alt="{left}" src="{embed(first)}">'
        f'<img{over} {size} alt="{right}" src="{embed(second)}">'
        f'<input type="range" min="0" max="100" step="0.5" value="50" data-first="{left}" '
        f'aria-label="How much of the picture is {left}; the rest is {right}">'
        f'{spots}<span class="knob" aria-hidden="true">&#8596;</span>'
        f'<span class="tag left">{left}</span><span class="tag right">{right}</span></div>'
    )


def fitting(embed) -> str:
    """Style of a picture that is no higher than most of the window."""
    x0, y0, x1, y1 = embed.window
    return f"max-width:calc(85vh*{(x1 - x0) / (y1 - y0):.4f})"


def map_viewer(embed, drawn: list, space: str) -> str:
    """The heat maps of a pair, one at a time, with their legends."""
    options = "".join(f'<option value="{one.name}">{escape(one.title)}</option>' for one in drawn)
    kind = ' class="pixels"' if embed.is_small() else ""
    x0, y0, x1, y1 = embed.window
    views = "".join(
        f'<div data-map="{one.name}"{"" if index == 0 else " hidden"}><div class="map" style="{fitting(embed)}">'
        f'<img{kind} width="{x1 - x0}" height="{y1 - y0}" alt="Map: {escape(one.title)}" '
        f'src="{embed(map_stem(one.name, space))}"></div>{legend(one)}</div>'
        for index, one in enumerate(drawn)
    )
    return (
        f'<div data-viewer><div class="bar"><label>Map <select data-maps>{options}</select></label></div>{views}</div>'
    )


def legend(one) -> str:
    """The colour scale of a map; scales of colour differences show the limits of what can be seen."""
    ends = [one.low, one.high]
    inner = [VISIBLE, CLEAR] if one.colours == "inferno" else ([0.0] if one.low < 0.0 < one.high else [])
    spots = [ends[0], *(v for v in inner if ends[0] < v < ends[1]), ends[1]]
    marks = "".join(f'<span style="left:{100 * (v - one.low) / (one.high - one.low):.2f}%">{v:g}</span>' for v in spots)
    unit = f" [{one.unit}]" if one.unit else ""
    note = ""
    if one.name == "significant":
        note = " Dark grey: no significant difference."
    elif one.colours == "inferno":
        note = f" {VISIBLE:g}: just visible side by side; {CLEAR:g}: plain."
    return (
        f'<div class="legend"><div class="scale" style="background:{figures.colour_scale(one.colours)}"></div>'
        f'<div class="ends">{marks}</div>{escape(one.title)}{unit}.{note}</div>'
    )
