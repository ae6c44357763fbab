"""Names of files and scenes in figures."""

from specrender.errors import printable


def plain(text: str) -> str:
    r"""A name as matplotlib shows it as it is: `$` begins no formula, and in a legend `_` hides no line.

    Characters that no font has, such as those that stand for bytes of no text, are shown as escapes.
    """
    text = printable(text).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
