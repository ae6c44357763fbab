"""Where files are kept that can be made again: compiled kernels, and what others make.  Imports no numba."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder for specrender; `SPECRENDER_CACHE` overrides it."""
    override = os.environ.get("SPECRENDER_CACHE")
    if override:
        return Path(override)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "specrender"
