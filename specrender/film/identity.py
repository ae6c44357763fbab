"""Identity: what makes two films parts of one render."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Identity:
    """What must be the same for two films to be parts of one render: name -> value, all strings.

    required : without these the samples are those of another image.
    machine : with other values here the same samples may differ in their last bits.
    """

    required: dict[str, str] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)

    def differences(self, other: Identity, with_machine: bool = True) -> list[str]:
        """Readable differences of another identity from this one."""
        mine = {**self.required, **(self.machine if with_machine else {})}
        theirs = {**other.required, **(other.machine if with_machine else {})}
        names = [*mine, *(name for name in theirs if name not in mine)]
        return [_difference(n, mine.get(n), theirs.get(n)) for n in names if mine.get(n) != theirs.get(n)]


def _difference(name, mine, theirs):
    if name == "scene":
        return "its scene, or a file that the scene names, was another"
    return f"its {name} is {theirs if theirs is not None else 'not known'}, not {mine if mine is not None else 'known'}"
