"""All cases, and choosing among them by name."""

from __future__ import annotations

import fnmatch

from specrender.bench.case import Case, Context
from specrender.bench.cases import bvh, quality, renders, scaling, shading, startup
from specrender.errors import InputError, did_you_mean

MODULES = (bvh, shading, renders, startup, quality, scaling)


def all_cases(context: Context) -> list[Case]:
    """Every case there is under the options of a run; preparing one is left to the run."""
    return [case for module in MODULES for case in module.cases(context)]


def chosen(cases: list[Case], names: list[str]) -> list[Case]:
    """Those that any of the names asks for: a whole name, its beginning up to a dot, or a pattern with * and ?.

    Without names, all that are not `on_request`.

    Raises
    ------
    InputError : a name that no case has.
    """
    if not names:
        return [case for case in cases if not case.on_request]
    wanted = set()
    for name in names:
        found = {case.name for case in cases if _matches(case.name, name)}
        if not found:
            groups = {".".join(case.name.split(".")[:n]) for case in cases for n in range(1, case.name.count(".") + 2)}
            hint = did_you_mean(name, groups)
            hint = hint if "did you mean" in hint else "; --list shows them all"
            raise InputError(f"there is no benchmark '{name}'{hint}")
        wanted |= found
    return [case for case in cases if case.name in wanted]


def _matches(case_name, name):
    if any(letter in name for letter in "*?["):
        return fnmatch.fnmatchcase(case_name, name)
    return case_name == name or case_name.startswith(name.rstrip(".") + ".")
