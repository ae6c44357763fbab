"""Measured processes run this package, and say what went wrong."""

import pytest

from specrender.bench.case import Context
from specrender.bench.cases.startup import cases
from specrender.bench.process import run_python
from specrender.bench.run import run_case
from specrender.errors import SpecrenderError


def test_it_is_this_package(tmp_path):
    import specrender

    code = "import os, specrender; print(specrender.__file__); print(os.environ['SPECRENDER_CACHE'])"
    file, cache = run_python(["-c", code], tmp_path).stdout.splitlines()
    assert file == specrender.__file__ and cache == str(tmp_path)


def test_failure_is_told_by_its_last_line():
    with pytest.raises(SpecrenderError, match="ValueError: no good"):
        run_python(["-c", "raise ValueError('no good')"])


def test_start_is_measured(tmp_path):
    context = Context(tmp_path, repeats=1, quick=True)
    for case in cases(context):
        if case.name in ("start.import", "start.help"):
            (sample,) = run_case(case, context).samples["specrender"]
            assert 0 < sample.cpu and 0 < sample.wall < 60
