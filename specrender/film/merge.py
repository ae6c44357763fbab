"""Parts of a render put together: ranges of samples of the same image.

Parts are added in the order of their samples, each sum with what rounding took from it (see `film.film`), so that the
result does not depend on how the samples were cut, nor on the order in which the parts are given.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from specrender.errors import InputError
from specrender.film.film import Film


def merged(films: Sequence[Film], names: Sequence[str] | None = None) -> Film:
    """One film of all parts, as if it had been rendered in one go.

    Parameters
    ----------
    films : parts that hold adjacent ranges of samples, in any order; one of them becomes the result.
    names : how messages call them; None: "part 1", "part 2", ...

    Returns
    -------
    Film : the part with the first samples, with the others added.

    Raises
    ------
    InputError : the parts are of different renders, samples are missing between them or come twice, or a part before
        the last has pixels with different numbers of samples.
    """
    if not films:
        raise InputError("there is nothing to merge")
    names = [f"part {i + 1}" for i in range(len(films))] if names is None else [f"'{name}'" for name in names]
    parts = sorted(zip(films, names, strict=True), key=lambda part: (part[0].first_sample, part[0].sample_count))
    check_parts(parts)
    whole = parts[0][0]
    for part, _ in parts[1:]:
        whole.add(part)
        # a goal is of the part that it was set for
        whole.convergence = None
    return whole


def machines(films: Sequence[Film]) -> set[str]:
    """What the parts were rendered on, where they say so; parts of several may differ in their last bits."""
    return {text for film in films for text in [", ".join(film.identity.machine.values())] if text}


def check_parts(parts: Sequence[tuple[Film, str]]) -> None:
    """InputError unless (film, name) in the order of their samples are adjacent parts of one render."""
    first, first_name = parts[0]
    for (part, name), (following, following_name) in itertools.pairwise(parts):
        differences = first.identity.differences(following.identity, with_machine=False)
        if differences:
            raise InputError(f"{following_name} is of another render than {first_name}: {'; '.join(differences)}")
        first.check_same_layout(following)
        end = part.next_sample
        if following.first_sample < end:
            twice = f"{following.first_sample}:{min(end, following.next_sample)}"
            raise InputError(f"{name} and {following_name} both hold the samples {twice}")
        if part.extra_samples is not None:
            most = end + int(np.max(part.extra_samples))
            raise InputError(
                f"{name} is unfinished or was sampled adaptively, its pixels have {end} to {most} samples: end it with "
                "--resume, or render it by --samples"
            )
        if following.first_sample > end:
            missing = f"{end}:{following.first_sample}"
            raise InputError(
                f"the samples {missing} between {name} and {following_name} are missing: render them with "
                f"--samples {missing}"
            )
