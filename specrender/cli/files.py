"""Output files as commands get them: checked before anything is computed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from specrender.errors import InputError

#: What names of folders may end in; `Path` drops it.
SEPARATORS = tuple({"/", os.sep})


def is_same_file(one, other) -> bool:
    """Whether two names mean one file, links followed."""
    one, other = os.path.realpath(one), os.path.realpath(other)
    with contextlib.suppress(OSError):  # the files need not exist
        return one == other or os.path.samefile(one, other)
    return False


def checked_paths(names: list[str], default: str) -> list[Path]:
    """The output files, found to be writable and different from one another; `default` if none is named."""
    from specrender.output import check_output

    for name in names:
        if name.endswith(SEPARATORS):
            raise InputError(f"cannot write '{name}': it names a folder; give a file name")
    paths = [Path(name) for name in names] or [Path(default)]
    for index, path in enumerate(paths):
        if any(is_same_file(path, other) for other in paths[:index]):
            raise InputError(f"'{path}' is given twice as an output")
        check_output(path)
    return paths
