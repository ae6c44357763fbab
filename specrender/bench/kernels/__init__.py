"""Compiled loops around single functions of the kernel; each returns a sum of what it computed, so that nothing of it
can be left out by the optimiser.

All are in this folder, whose sources are part of the stamp of their cached code (kernel/jit.py).
"""
