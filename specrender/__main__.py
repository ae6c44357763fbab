"""`python -m specrender` is the `specrender` command."""

from specrender.cli import program

if __name__ == "__main__":
    program()
