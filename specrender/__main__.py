"""The `specrender` command, also as `python -m specrender`.  Nothing is imported before Ctrl-C is heeded."""

import os


def program():
    """Run `specrender.cli.program`; Ctrl-C while that is imported ends with the line and the code of a later one."""
    try:
        from specrender.cli import program as run
    except KeyboardInterrupt:
        try:
            os.write(2, b"specrender: interrupted; nothing was written\n")
        finally:  # also without a standard error, and at a second Ctrl-C
            os._exit(130)
    run()


if __name__ == "__main__":
    program()
