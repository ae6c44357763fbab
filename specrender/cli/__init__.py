"""The `specrender` command: the only place that prints or exits.

One module a command, imported when that command is run; this one must stay light (`specrender --help` in 0.3 s).
Exit codes: 0 done, 1 failed while running, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time

from specrender.cli.parser import build_parser, joined
from specrender.cli.streams import escape_unencodable, open_missing, say, silence
from specrender.errors import SpecrenderError

TYPE_CHECKING = False  # as in specrender/__init__.py
if TYPE_CHECKING:
    from typing import NoReturn

#: When this process began to import specrender [time.perf_counter()].
STARTED = time.perf_counter()

DEBUG = "SPECRENDER_DEBUG"


def main(argv: list[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default; returns the exit code."""
    try:
        open_missing()
        escape_unencodable()
        try:
            arguments = build_parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
            code = arguments.run(arguments)
        except SystemExit as stop:  # --help and --version
            code = stop.code or 0
        sys.stdout.flush()
        return code
    except SpecrenderError as error:
        return _failed("error", error, error.exit_code)
    except KeyboardInterrupt as interrupt:
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once more would end the process by the signal
        say(f"specrender: interrupted; {str(interrupt) or 'nothing was written'}")
        return 130
    except BrokenPipeError:  # `specrender info ... | head`
        silence(sys.stdout)
        return 1
    except OSError as error:  # `specrender info ... > /dev/full`
        try:
            sys.stdout.flush()
        except OSError:
            silence(sys.stdout)
        name = f"'{error.filename}': " if error.filename else ""
        return _failed("error", f"{name}{error.strerror or error}", 1)
    except MemoryError as error:
        return _failed("error", f"not enough memory: {error}", 1)
    except Exception as error:
        hint = f"; this is a bug, please report it ({DEBUG}=1 shows where)"
        return _failed("internal error", f"{type(error).__name__}: {error}{hint}", 1)


def program() -> NoReturn:
    """The process of the `specrender` command: `main`, and the end of the process.

    Without the dismantling of all that numba and LLVM hold in memory, which takes a third of a second: what is
    registered for the end of a process has its turn, and the operating system does the rest.
    """
    code = main()
    if not _is_awaited():
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and said
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _is_awaited():
    """Whether something in this process goes on after the command.

    A thread; a profiler, a debugger or a measurement of coverage that runs the command; a prompt (`python -i`).
    """
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        return True
    monitoring = getattr(sys, "monitoring", None)  # of Python 3.12
    if monitoring and any(monitoring.get_tool(number) for number in range(6)):
        return True
    return bool(sys.gettrace() or sys.getprofile() or sys.flags.inspect)


def _failed(kind, error, code):
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exc()
    say(f"specrender: {kind}: {' '.join(str(error).split())}")
    return code
