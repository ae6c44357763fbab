"""`python -m specrender` is the `specrender` command."""

from specrender.cli import program

program()
