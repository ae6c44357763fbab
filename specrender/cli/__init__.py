"""The `specrender` command: the only place that prints or exits.

One module a command, imported when that command is run; this one must stay light (`specrender --help` in 0.3 s).
Exit codes: 0 done, 1 failed while running, 2 bad input, 130 interrupted.
"""

import os
import sys
import time

from specrender.cli.parser import build_parser
from specrender.errors import SpecrenderError

#: When this process began to import specrender [time.perf_counter()].
STARTED = time.perf_counter()

DEBUG = "SPECRENDER_DEBUG"


def main(argv: list[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default; returns the exit code."""
    try:
        arguments = build_parser().parse_args(argv)
        return arguments.run(arguments)
    except SpecrenderError as error:
        return _failed("error", error, error.exit_code)
    except KeyboardInterrupt:
        print("specrender: interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `specrender info ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as stop:  # --help and --version
        return stop.code or 0
    except MemoryError as error:
        return _failed("error", f"not enough memory: {error}", 1)
    except Exception as error:
        hint = f"; this is a bug, please report it ({DEBUG}=1 shows where)"
        return _failed("internal error", f"{type(error).__name__}: {error}{hint}", 1)


def _failed(kind, error, code):
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exc()
    print(f"specrender: {kind}: {' '.join(str(error).split())}", file=sys.stderr)
    return code
