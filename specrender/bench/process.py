"""Python processes that run this very package, for what only a fresh process can tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import specrender
from specrender.errors import SpecrenderError


def children_seconds() -> float | None:
    """Processor time of finished processes [s], or None where the system does not tell."""
    times = os.times()
    return times.children_user + times.children_system if os.name == "posix" else None


def run_python(arguments: list[str], cache: Path | None = None) -> subprocess.CompletedProcess:
    """Run the interpreter with `arguments`; cache : folder of compiled kernels instead of the user's.

    Raises
    ------
    SpecrenderError : the process failed; with the last line it said.
    """
    environment = dict(os.environ)
    root = str(Path(specrender.__file__).resolve().parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
    if cache is not None:
        environment["SPECRENDER_CACHE"] = str(cache)
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise SpecrenderError(f"a measured process failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done
