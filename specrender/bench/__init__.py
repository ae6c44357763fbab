"""Benchmarks: how fast the kernels and whole renders are, alone and side by side with other renderers.

    cases/     what is measured: each case prepares its contestants
    kernels/   compiled loops around single functions of the kernel
    scenes/    the scenes, made by code, as files that specrender and Mitsuba both read
    peers/     Embree, Mitsuba 3 and pbrt-v4, where they are installed
    run.py     warm-up, interleaved repeats, statistics      report.py   text, JSON and baselines      plot.py   figures

`specrender bench` is the command line of this package; `benchmarks/` holds what it has recorded.
"""
