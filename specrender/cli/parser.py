"""The command line as argparse knows it.  Nothing here imports more than the standard library."""

from __future__ import annotations

import argparse
import importlib
import math
import os
import re
import sys

from specrender import __version__
from specrender.errors import InputError, did_you_mean

#: Flags with numbers, and what a negative value begins with: argparse takes "-1e1" and "-1,0,4,4" for flags.
NUMERIC = (
    "--spp",
    "--size",
    "--crop",
    "--seed",
    "--max-depth",
    "--exposure",
    "--threads",
    "--white-balance",
    "--reference-white",
    "--bit-depth",
    "--time",
    "--noise",
    "--samples",
    "--every",
    "--clamp-indirect",
    "--resolve",
    "--probe",
    "--repeats",
)
NEGATIVE = re.compile(r"-[\d.]")

#: What the help calls arguments that name a file, a folder or an address.
NAMES = ("SCENE", "SCENE | A B", "OUT", "PART", "IN.exr", "FILE", "FILE.png", "FILE.json", "DIR", "PATH", "CONFIG",
         "ADDRESS", "HOST:PORT")  # fmt: skip

#: Environment variable with the default of --mitsuba-data.
MITSUBA_DATA = "SPECRENDER_MITSUBA_DATA"

#: Where the tev viewer listens (`output.tev.DEFAULT_ADDRESS`, without importing it).
TEV = "localhost:14158"

#: Largest integer the kernel holds.
MAX_INT = 2**31 - 1


def joined(argv: list[str]) -> list[str]:
    """The arguments with "--crop", "-1,0,4,4" as "--crop=-1,0,4,4", and so for all `NUMERIC` flags."""
    result: list[str] = []
    for word in argv:
        if result and result[-1] in NUMERIC and "--" not in result and NEGATIVE.match(word):
            result[-1] += f"={word}"
        else:
            result.append(word)
    return result


class Parser(argparse.ArgumentParser):
    """Reports its errors like all others: one line, exit code 2, and what was probably meant."""

    #: The arguments that are being read.
    words: tuple[str, ...] = ()

    def parse_known_args(self, args=None, namespace=None):
        """As argparse's, which leaves what a command does not know to the parser of all commands."""
        self.words = tuple(sys.argv[1:] if args is None else args)
        namespace, unknown = super().parse_known_args(args, namespace)
        left = [word for word in unknown if word != "--"]
        if left:
            self.error(self._unknown(left[0]))
        for action in self._actions:
            value = getattr(namespace, action.dest, None)
            if action.metavar in NAMES and "" in (value if isinstance(value, list) else [value]):
                self.error(f"argument {'/'.join(action.option_strings) or action.metavar}: the name is empty")
        return namespace, []

    def _print_message(self, message, file=None):
        """As argparse's, which keeps quiet where nothing can be written."""
        if message:
            (sys.stderr if file is None else file).write(message)

    def error(self, message):
        lacking = re.fullmatch(r"argument (\S+): expected one argument", message)
        surplus = re.fullmatch(r"argument (\S+): ignored explicit argument (.*)", message)
        choice = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(", message)
        if lacking:
            message = self._like_a_flag(lacking[1]) or message + self._expected(lacking[1])
        elif surplus:
            message = f"{surplus[1]} takes no value, got {surplus[2]}"
        elif choice:
            message = self._no_command(choice[1])
        elif message.startswith("the following arguments are required"):
            # one is missing before any word is unknown: "render -scene.toml"
            files = [word for word in self.words if self._is_flag(word) is None and _is_file_name(word)]
            message += f"; {_counts_as_flag(files[0])}: write ./{files[0]}" if files else ""
        raise InputError(f"{message}{'' if message.endswith('?') else ';'} see `{self.prog} --help`")

    def _expected(self, flag):
        action = self._option_string_actions.get(flag.partition("/")[0])
        if action is None:
            return ""
        return f", {' or '.join(action.choices) if action.choices else action.metavar or action.dest}"

    def _no_command(self, word):
        commands = next(action.choices for action in self._actions if action.metavar == "COMMAND")
        is_scene = word.lower().endswith((".toml", ".xml"))
        hint = f"; did you mean `{self.prog} render {word}`?" if is_scene else did_you_mean(word, commands)
        return f"there is no command '{word}'{hint}"

    def _like_a_flag(self, flag):
        """Words on a value of a flag that begins with a dash, or None if it is a flag, or there is none."""
        for given, value in zip(self.words, self.words[1:], strict=False):
            if given == flag and self._is_flag(value) is None:
                return f"argument {flag}: {_counts_as_flag(value)}: write ./{value} for a file, else {flag}={value}"
        return None

    def _unknown(self, word):
        if not word.startswith("-"):
            return f"'{word}' is one argument too many"
        if _is_file_name(word):
            return f"{_counts_as_flag(word)}: write ./{word} for a file"
        flag = word.partition("=")[0]
        hint = did_you_mean(flag, self._option_string_actions)
        return f"there is no flag {flag}{hint if 'did you mean' in hint else ''}"

    def _is_flag(self, word):
        """Whether a word is a flag that there is; None if it only looks like one."""
        if not word.startswith("-") or word in ("-", "--"):
            return False
        return True if word.partition("=")[0] in self._option_string_actions else None


def _counts_as_flag(word):
    return f"'{word}' begins with a dash and so counts as a flag"


def _is_file_name(word):
    """Whether what looks like a flag has the ending of a file."""
    return "=" not in word and bool(os.path.splitext(word)[1])


def build_parser() -> Parser:
    """The parser of the whole command line; `arguments.run(arguments)` runs the command."""
    parser = Parser(prog="specrender", description="A spectral path tracer.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"specrender {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add_render(commands)
    _add_compare(commands)
    _add_develop(commands)
    _add_spectrum(commands)
    _add_bench(commands)
    _add_merge(commands)
    _add_info(commands)
    return parser


def _command(module):
    """Runs `specrender.cli.MODULE.run`, importing it only then."""
    return lambda arguments: importlib.import_module(f"specrender.cli.{module}").run(arguments)


def _add_render(commands):
    text = "Render a scene file (.toml, .xml) to image files."
    parser = commands.add_parser("render", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("render"))
    add = parser.add_argument
    add("scene", metavar="SCENE", help="scene file; - for the standard input")
    add("-o", dest="outputs", action="append", metavar="OUT", default=[],
        help="output: .exr, .spectral.exr, .png, .jpg, .tif, .dpx, .jxl, .film; repeatable [SCENE.exr]")  # fmt: skip

    add = _add_scene_choice(parser, "path, direct or depth")
    add("--spp", type=_integer(1, MAX_INT), metavar="N", help="samples per pixel")
    add("--aov", type=_names, default=[], metavar="A,B", help="extra layers, such as albedo,depth,sh_normal")

    group = parser.add_argument_group("how light is carried")
    add = group.add_argument
    add("--mode", default="spectral", metavar="MODE", help="spectral, or rgb for transport of three numbers [spectral]")
    add("--rgb-space", metavar="SPACE", help="gamut of rgb mode: srgb, rec2020, acescg, ... [srgb]")
    add("--dispersive", action="store_true", help="named indices of Mitsuba files mean the real, dispersive glass")
    add("--clamp-indirect", type=_positive, metavar="V",
        help="cut contributions of indirect light to this radiance: fewer fireflies, less light [off]")  # fmt: skip
    add("--observer", metavar="NAME",
        help="who looks: a standard observer, cone fundamentals or a camera, see `specrender info --spectra` "
             "[cie1931-2]")  # fmt: skip

    _add_colour(parser)
    group = parser.add_argument_group("when it is done; the first that is met ends it")
    add = group.add_argument
    add("--time", type=_positive, metavar="S",
        help="seconds of rendering; the first sample of every pixel is finished in any case")  # fmt: skip
    add("--noise", type=_positive, metavar="TARGET",
        help="median over the pixels (those whose samples differ) of the standard error of luminance, divided by "
             "luminance + 0.01 of the image's mean; 0.02 is clean, 0.1 is a sketch; from 64 samples on")  # fmt: skip
    add("--adaptive", choices=("on", "off"),
        help="more samples where the error is large, from 64 per pixel on; --spp is their mean, and EXR files have "
             "the numbers in a layer sampleCount [on with --noise]")  # fmt: skip
    add("--samples", type=_range, metavar="A:B", help="only samples A to B-1, a part for `specrender merge`")

    group = parser.add_argument_group("the run")
    add = group.add_argument
    add("--checkpoint", metavar="FILE", help="where the state is kept; stays there in the end [OUT.checkpoint]")
    add("--every", type=_positive, metavar="S", help="seconds between checkpoints [60]")
    add("--resume", action="store_true",
        help="go on with the checkpoint, if there is one; with the same or a larger --spp and the same --noise and "
             "--adaptive, to the same bits as in one go")  # fmt: skip
    add("--denoise", action="store_true",
        help="smooth the picture by Open Image Denoise; EXR files keep the noisy one in layers")  # fmt: skip
    add("--dask", metavar="ADDRESS", help="scheduler of a dask.distributed cluster that renders, as tcp://host:8786")
    add("--tev", nargs="?", const=TEV, metavar="HOST:PORT", help=f"show tiles in the tev viewer as they come [{TEV}]")
    add("--preview", metavar="FILE.png", help="a picture, .png or .jpg, written every few seconds and in the end")
    add("--stats", metavar="FILE.json", help="write speed, seconds per stage and counters")
    add("--threads", type=_integer(1), metavar="N", help="[all processors]")
    add("--quiet", action="store_true", help="print errors only")


def _add_scene_choice(parser, integrators):
    """The flags that choose what of a scene is rendered, and how; `add_argument` of their group."""
    add = parser.add_argument_group("what is rendered; by default what the scene says").add_argument
    add("--camera", metavar="NAME", help="which of the scene's cameras: its name, or its number from 0")
    add("--size", type=_size, metavar="WxH", help="pixels of the full image")
    add("--crop", type=_crop, metavar="X0,Y0,X1,Y1", help="data window; origin top left, X1 and Y1 exclusive")
    add("--seed", type=_integer(0, MAX_INT), metavar="N", help="of the random numbers")
    add("-D", dest="defines", action="append", type=_define, default=[], metavar="NAME=VALUE",
        help="set a parameter that the scene declares; may be repeated")  # fmt: skip
    add("--integrator", metavar="NAME", help=f"{integrators}, in place of the innermost integrator")
    add("--sampler", metavar="NAME", help="independent or sobol")
    add("--max-depth", type=_integer(-1, MAX_INT), metavar="N", help="longest path in edges; -1: no limit")
    return add


def _add_develop(commands):
    text = "Turn a linear or spectral EXR file into other files, in other colours or for another observer."
    parser = commands.add_parser("develop", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("develop"))
    add = parser.add_argument
    add("image", metavar="IN.exr", help="spectral EXR, or R G B or X Y Z; or a .film file")
    add("-o", dest="outputs", action="append", metavar="OUT", default=[],
        help="output: .exr, .spectral.exr, .png, .jpg, .tif, .dpx, .jxl; may be repeated")  # fmt: skip
    add("--observer", metavar="NAME", help="who looks, of a spectral file: see `specrender info --spectra`")
    add("--sensor", metavar="NAME", help="a camera in place of an observer, by name or as a .csv file: nm, R, G, B")
    add("--quiet", action="store_true", help="print errors only")
    _add_colour(parser)


def _add_spectrum(commands):
    text = "Say what a spectrum, lamp, reflectance, glass or metal is."
    parser = commands.add_parser("spectrum", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("spectrum"))
    add = parser.add_argument
    add("spectrum", metavar="SPEC",
        help="as in a scene: a number, a name, a file, or a TOML table such as '{ blackbody = 3200 }'")  # fmt: skip
    add("--reflectance", action="store_true", help="a number, table or file is a reflectance, not light")
    add("--illuminant", metavar="W", help="light of a reflectance or metal: a name, or kelvin [daylight D65]")
    add("--plot", metavar="FILE.png", help="draw the curve and the chromaticity diagrams; also .svg, .pdf")
    add("--json", action="store_true", help="as JSON")


def _add_colour(parser):
    """What `cli.colour.CHOICES` lists."""
    group = parser.add_argument_group("colour of the files")
    add = group.add_argument
    add("--gamut", metavar="GAMUT", help="colour space, see `specrender info --gamuts`, or raw responses [srgb]")
    add("--adapt", metavar="METHOD", help="adaptation to the gamut's white: bradford, cat02, cat16, none [bradford]")
    add("--white-balance", metavar="W", help="what becomes neutral: an illuminant, kelvin, or a pixel X,Y")
    add("--out-of-gamut", metavar="POLICY", help="keep, clip or compress [keep; clip in files of integers]")
    add("--bit-depth", type=_bit_depth, metavar="N", help="8, 10, 12, 16, half or float, as the format allows")
    group = parser.add_argument_group("files for displays: .png, .jpg, .tif, .dpx, .jxl")
    add = group.add_argument
    add("--exposure", metavar="E",
        help="stops, auto, auto:PERCENT, or a camera as f/8,1/125,iso100 [0]")  # fmt: skip
    add("--encoding", metavar="NAME", help="srgb, bt1886, gamma2.2, pq, hlg, linear, ... [that of the gamut]")
    add("--reference-white", type=_number, metavar="CDM2", help="cd/m2 of Y = 1 in pq and hlg [203]")
    add("--display", metavar="NAME", help="display of an OpenColorIO view, see `specrender info --views`")
    add("--view", metavar="NAME", help="OpenColorIO view, in place of gamut and encoding")
    add("--ocio", metavar="CONFIG", help="OpenColorIO config: a file or ocio://NAME [$OCIO, else ocio://default]")
    add("--vision", metavar="NAME", help="as seen with protanopia, deuteranopia or tritanopia")
    add("--no-dither", dest="dither", action="store_const", const=False, help="round 8 to 12 bits without dither")


def _add_compare(commands):
    text = "Render a scene in wavelengths and in RGB and report what differs; or compare two image files."
    parser = commands.add_parser("compare", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("compare"))
    add = parser.add_argument
    add("inputs", metavar="SCENE | A B", nargs="+", help="scene file, or two images: .exr, .png, .jpg, .tif")
    add("-o", dest="output", metavar="DIR",
        help="folder for report.html, report.json and pictures [SCENE's name + -compare; none for images]")  # fmt: skip

    group = parser.add_argument_group("how long is rendered; by default the samples of the scene")
    add = group.add_argument
    add("--spp", type=_integer(8, MAX_INT), metavar="N", help="samples per pixel of each render, 8 or more")
    add("--time", type=_number, metavar="S", help="seconds for all renders together")
    add("--resolve", type=_number, metavar="DE",
        help="until noise alone would make a Delta E 2000 below DE in 95 %% of the pixels")  # fmt: skip

    group = parser.add_argument_group("what is compared")
    add = group.add_argument
    add("--rgb-space", dest="rgb_spaces", type=_names, default=None, metavar="A,B",
        help="gamuts of the RGB renders: srgb, rec2020, acescg, ... [srgb]")  # fmt: skip
    add("--probe", dest="probes", action="append", type=_point, default=[], metavar="X,Y",
        help="show the spectrum of a pixel; may be repeated [up to four with large differences]")  # fmt: skip
    add("--relight", type=_names, default=[], metavar="A,B",
        help="render under other illuminants, too, in search of metamers, as D65,A,FL11")  # fmt: skip
    add("--exposure", type=_number, metavar="STOPS", help="brightness at which colours are judged [0]")
    add("--reference-white", type=_number, metavar="CDM2", help="luminance of white for Delta E ITP [203]")

    add = _add_scene_choice(parser, "path or direct")
    add("--dispersive", action="store_true", help="named indices of Mitsuba files mean the real, dispersive glass")
    add("--threads", type=_integer(1), metavar="N", help="[all processors]")
    add("--quiet", action="store_true", help="print errors only")


def _add_bench(commands):
    text = "Measure the speed of kernels and renders, alone or side by side with other renderers."
    parser = commands.add_parser("bench", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("bench"))
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*", help="a benchmark (bvh.build.soup-1m), those that begin so (bvh), or a"
        " pattern ('*.sample') [all but slow ones]")  # fmt: skip
    add("--list", action="store_true", help="show the names and what they measure")
    add("--peers", action="store_true", help="the same work by Mitsuba 3 and Embree, in turn")
    add("--pbrt", metavar="PATH", help="with --peers: the program of pbrt-v4")
    add("--json", metavar="FILE", help="write everything that was measured")
    add("--baseline", metavar="FILE", help="show ratios to an earlier --json file")
    add("--plot", metavar="FILE", help="draw cost against triangles, lights, threads and pixels (.svg, .png, .pdf)")
    add("--repeats", type=_integer(1, 10000), metavar="N", help="measurements of each, of which the median counts [7]")
    add("--quick", action="store_true", help="little work and few repeats: to try it out, not to measure")
    add("--threads", type=_integer(1), metavar="N", help="of whole renders, for every renderer [all processors]")
    add("--mitsuba-data", metavar="DIR", help="folder of Mitsuba's public scenes, whose cbox, matpreview and bunny are"
        f" measured, too [${MITSUBA_DATA}]", default=os.environ.get(MITSUBA_DATA) or None)  # fmt: skip
    add("--mesh", metavar="FILE", help="a mesh for the ray benchmarks, beside the built-in ones")


def _add_merge(commands):
    text = "Put parts of a render together, that --samples or checkpoints hold, and write pictures of the whole."
    parser = commands.add_parser("merge", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("merge"))
    add = parser.add_argument
    add("parts", metavar="PART", nargs="+", help=".film files or checkpoints, in any order")
    add("-o", dest="outputs", action="append", metavar="OUT", required=True,
        help="as of `specrender render`, or .film; may be repeated")  # fmt: skip
    _add_colour(parser)
    add("--quiet", action="store_true", help="print errors only")


def _add_info(commands):
    text = "Show what a scene holds, or what specrender knows."
    parser = commands.add_parser("info", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_command("info"))
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("scene", metavar="SCENE", nargs="?", help="scene file; - for the standard input")
    what.add_argument("--schema", action="store_true", help="JSON Schema of TOML scenes")
    what.add_argument("--types", action="store_true", help="all parameters of scene files, as Markdown")
    what.add_argument("--plugins", action="store_true", help="which plugins of Mitsuba there are, as Markdown")
    what.add_argument("--gamuts", action="store_true", help="colour spaces of --gamut and --rgb-space")
    what.add_argument("--spectra", action="store_true", help="names of lamps, patches, metals, glasses, observers")
    what.add_argument("--views", action="store_true", help="displays and views of an OpenColorIO config")
    add = parser.add_argument
    add("-D", dest="defines", action="append", type=_define, default=[], metavar="NAME=VALUE",
        help="set a parameter that the scene declares; may be repeated")  # fmt: skip
    add("--ocio", metavar="CONFIG", help="config of --views: a file or ocio://NAME [$OCIO, else ocio://default]")
    add("--json", action="store_true", help="as JSON")


# ---------------------------------------------------------------- values


def _integer(least, most=None):
    def parse(text):
        limits = f"{least} or more" if most is None else f"from {least} to {most}"
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"must be a whole number, {limits}, got '{text}'")
        return value

    return parse


def _number(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a number, got '{text}'")
    return value


def _bit_depth(text):
    if text in ("half", "float"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be 8, 10, 12, 16, half or float, got '{text}'") from None


def _positive(text):
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, got '{text}'")
    return value


def _range(text):
    first, colon, last = text.partition(":")
    if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last) < MAX_INT):
        raise argparse.ArgumentTypeError(f"must be FIRST:LAST, last exclusive, such as 0:64, got '{text}'")
    return int(first), int(last)


def _size(text):
    width, cross, height = text.lower().partition("x")
    if not cross or not width.isdecimal() or not height.isdecimal() or int(width) < 1 or int(height) < 1:
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT in pixels, such as 640x480, got '{text}'")
    return int(width), int(height)


def _crop(text):
    words = [word.strip() for word in text.split(",")]
    if len(words) != 4 or not all(word.removeprefix("-").isdecimal() for word in words):
        raise argparse.ArgumentTypeError(f"must be X0,Y0,X1,Y1 in pixels, such as 0,0,64,64, got '{text}'")
    return tuple(int(word) for word in words)


def _point(text):
    words = [word.strip() for word in text.split(",")]
    if len(words) != 2 or not all(word.removeprefix("-").isdecimal() for word in words):
        raise argparse.ArgumentTypeError(f"must be X,Y in pixels, such as 64,32, got '{text}'")
    return tuple(int(word) for word in words)


def _define(text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, got '{text}'")
    return name, value


def _names(text):
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"must be names with commas between, got '{text}'")
    return names
