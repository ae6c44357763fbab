"""The report: complete, self-contained, and usable in a browser by mouse, keyboard and on a phone."""

import json
import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from chromium import Page, chromium
from test_comparison_run import room

import specrender
from specrender.comparison import elements, figures, files, report
from specrender.comparison.report import plain
from specrender.errors import InputError, SpecrenderError

COMMAND = "specrender compare 'a <scene>.toml' -o report --rgb-space srgb,acescg"


@pytest.fixture(scope="module")
def comparison():
    scene = room(ball="ColorChecker/cyan", lamp="FL11", sky="D65", pixels=48)
    scene.name = "Ball & <lamp>"
    return specrender.compare(scene, spp=64, threads=1, rgb_spaces=["srgb", "acescg"], relight=["D65", "A"])


@pytest.fixture(scope="module")
def folder(comparison, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare") / "report"
    comparison.write(folder, COMMAND)
    return folder


class Parsed(HTMLParser):
    """Tags that are open, addresses, and text."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.problems, self.words, self.tags = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "action", "srcset")]
        if tag == "img" and not dict(attributes).get("alt"):
            self.problems.append("a picture without a description")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID and (not self.open or self.open.pop() != tag):
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)


def test_the_page_is_well_formed_and_needs_no_network(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Parsed(text)
    assert page.problems == [] and page.open == []
    assert page.addresses and all(address.startswith("data:") for address in page.addresses)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    assert "url(" not in style and "@import" not in style
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)
    assert not re.search(r"https?:|fetch|XMLHttp|import\(", script)
    assert 'name="viewport"' in text


def test_the_page_tells_what_it_should(folder, comparison):
    words = " ".join(Parsed((folder / "report.html").read_text(encoding="utf-8")).words)
    assert "Ball & <lamp>" in words  # escaped, not swallowed
    assert COMMAND in words
    for expected in ("RGB differs in", "By material", "By light", "Chromaticities", "Spectra", "Under other lamps",
                     "Metamers", "All numbers", "Hotelling", "lamp: FL11", "ball", "acescg"):  # fmt: skip
        assert expected in words
    assert comparison.numbers["spaces"]["srgb"]["verdict_text"].replace("+-", "±") in words


def test_the_json_has_every_number(folder, comparison):
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["format"] == 1 and report["command"] == COMMAND
    assert report["spaces"]["acescg"] == plain(comparison.numbers["spaces"]["acescg"])
    assert list(report["parts"]) == list(comparison.masks) and {"ball", "floor", "background"} <= set(report["parts"])
    probe = report["probes"][0]
    assert len(probe["radiance"]) == len(probe["wavelengths_nm"]) == len(probe["edges_nm"]) - 1 == 94


def test_pictures_are_written_and_read_back(folder, comparison):
    findings = comparison.findings["srgb"]
    image = specrender.read_image(folder / "difference-srgb.exr")
    np.testing.assert_allclose(image.channels["delta_e_2000"], findings.maps["delta_e_2000"], rtol=1e-6)
    np.testing.assert_allclose(image.channels["p"], findings.maps["p"], rtol=1e-6)
    np.testing.assert_array_equal(image.channels["significant"], findings.significant)
    np.testing.assert_allclose(image.channels["difference.Y"], (findings.second - findings.first)[..., 1], atol=1e-6)
    # the two pictures, compared as files, have the same differences
    again = specrender.compare_images(folder / "spectral.exr", folder / "rgb-srgb.exr").findings
    np.testing.assert_allclose(again.maps["delta_e_2000"], findings.maps["delta_e_2000"], atol=0.01)
    for name in ("spectral.png", "rgb-srgb.png", "rgb-acescg.png", "spectral-under-A.png", "rgb-acescg-under-A.png",
                 "delta-e-2000-srgb.png", "significant-acescg.png", "flip-srgb.png"):  # fmt: skip
        assert specrender.read_image(folder / name).size == (48, 48)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(comparison, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot write"):
        comparison.write(locked)


@pytest.mark.parametrize("last", ["significant-acescg", "report.html"])
def test_a_full_disk_leaves_what_was_there(comparison, tmp_path, monkeypatch, last):
    """Whichever file does not fit, none of the others appears."""

    def full(function):
        def write(*arguments):
            path = next(argument for argument in arguments if isinstance(argument, os.PathLike))
            if last in str(path):
                raise SpecrenderError(f"cannot write '{path}': the disk is full")
            return function(*arguments)

        return write

    (tmp_path / "spectral.png").write_text("old")
    monkeypatch.setattr(files, "save_pixels", full(files.save_pixels))
    monkeypatch.setattr(report, "write_text", full(report.write_text))
    with pytest.raises(SpecrenderError, match="disk is full") as caught:
        comparison.write(tmp_path)
    assert str(caught.value).startswith(f"cannot write '{tmp_path}/{last}")
    assert [path.name for path in tmp_path.iterdir()] == ["spectral.png"]
    assert (tmp_path / "spectral.png").read_text() == "old"


def test_a_folder_below_nothing_is_refused(comparison, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        comparison.write(tmp_path / "no" / "where")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="it is a file"):
        comparison.write(tmp_path / "file")


def test_the_gamut_of_real_surfaces_is_that_of_colour_science():
    pytest.importorskip("colour")
    from colour.models.datasets.pointer_gamut import CCS_POINTER_GAMUT_BOUNDARY

    np.testing.assert_array_equal(figures.POINTER_XY, CCS_POINTER_GAMUT_BOUNDARY)


def test_scales_go_to_round_numbers_beyond_the_values():
    assert figures.top_of_scale(np.full(100, 0.1)) == 5.0
    assert figures.top_of_scale(np.full(100, 5.1)) == 10.0
    assert figures.top_of_scale(np.full(100, 130.0)) == 150.0
    assert figures.top_of_scale(np.array([np.nan, np.inf])) == 5.0


def test_what_is_unknown_is_grey():
    drawn = figures.heat_map(np.array([[0.0, 1.0, np.nan]]), "inferno", 0.0, 1.0, np.array([[False, True, False]]))
    assert tuple(drawn[0, 1]) == tuple(drawn[0, 2]) != tuple(drawn[0, 0])


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "&ndash;"), (0.0, "0"), (1.2345, "1.23"), (12.345, "12.3"), (123.45, "123"), (0.012345, "0.0123"),
     (2e-6, "2e-06"), (-0.5, "-0.500"), (float("nan"), "&ndash;")],
)  # fmt: skip
def test_numbers_have_three_digits(value, text):
    assert elements.number(value) == text


# ---------------------------------------------------------------- in a browser

browser = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    with Page(tmp_path_factory.mktemp("browser")) as page:
        page.resize(1280, 900, phone=False)
        page.open(folder / "report.html")
        yield page


def swipe_box(page):
    """Left, top, width and height of the first slider, scrolled into view, and the share that it shows."""
    return page.evaluate(
        """(() => { const s = document.querySelector(".swipe"); s.scrollIntoView({block: "center"});
        const b = s.getBoundingClientRect();
        return [b.left, b.top, b.width, b.height, parseFloat(getComputedStyle(s).getPropertyValue("--at"))]; })()"""
    )


@browser
def test_browser_has_nothing_to_complain_about_and_asks_for_nothing(page, folder):
    requests = [e["request"]["url"] for method, e in page.events if method == "Network.requestWillBeSent"]
    assert (folder / "report.html").resolve().as_uri() in requests
    assert all(url.startswith(("file:", "data:", "about:")) for url in requests), requests
    assert sum(url.startswith("file:") for url in requests) == 1
    errors = [e for method, e in page.events if method == "Runtime.exceptionThrown"]
    errors += [e for method, e in page.events if method == "Log.entryAdded" and e["entry"]["level"] == "error"]
    errors += [e for method, e in page.events if method == "Runtime.consoleAPICalled" and e["type"] == "error"]
    assert errors == []
    broken = page.evaluate("[...document.images].filter(i => !i.complete || i.naturalWidth === 0).length")
    assert broken == 0


@browser
def test_slider_moves_by_mouse_and_keyboard(page):
    left, top, width, height, _ = swipe_box(page)
    page.press(left + 0.25 * width, top + 0.6 * height)
    assert swipe_box(page)[4] == pytest.approx(25.0, abs=2.0)
    page.drag(left + 0.25 * width, left + 0.8 * width, top + 0.6 * height)
    moved = swipe_box(page)[4]
    assert moved == pytest.approx(80.0, abs=2.0)
    clip = page.evaluate('getComputedStyle(document.querySelector(".swipe .over")).clipPath')
    assert f"{moved:g}%" in clip
    page.evaluate('document.querySelector(".swipe input").focus()')
    for _ in range(3):
        page.key("ArrowLeft")
    assert swipe_box(page)[4] == pytest.approx(moved - 1.5)
    page.key("Home")
    assert swipe_box(page)[4] == 0.0


@browser
def test_spaces_and_maps_can_be_chosen(page):
    shown = "[...document.querySelectorAll('[data-of]')].filter(e => !e.hidden).map(e => e.dataset.of)"
    assert set(page.evaluate(shown)) == {"srgb"}
    page.evaluate("document.querySelector('button[data-space=acescg]').click()")
    assert set(page.evaluate(shown)) == {"acescg"}
    page.evaluate("document.querySelector('button[data-space=srgb]').click()")
    maps = page.evaluate(
        """(() => { const s = document.querySelector("select"); s.value = "flip"; s.dispatchEvent(new Event("change"));
        return [...document.querySelectorAll("[data-map]")]
        .filter(e => !e.hidden && e.offsetParent).map(e => e.dataset.map); })()"""
    )
    assert maps == ["flip"]


@browser
@pytest.mark.parametrize(("width", "phone"), [(390, True), (1280, False)])
def test_fits_phones_and_desktops(page, tmp_path, width, phone):
    page.resize(width, 844, phone)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.evaluate("[...document.images].filter(i => i.offsetParent).map(i => i.getBoundingClientRect().width)")
    assert sizes and max(sizes) <= width
    shot = tmp_path / f"report-{width}.png"
    page.screenshot(shot)
    seen = specrender.read_image(shot)
    assert seen.size[0] == width * (2 if phone else 1) and seen.size[1] > 2000
    assert np.std(seen.stacked("R", "G", "B")) > 0.05
    page.resize(1280, 900, False)
