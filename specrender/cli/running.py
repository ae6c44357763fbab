"""What `render` does besides tracing: stop rules, checkpoints, parts of a render, and what it says about them."""

from __future__ import annotations

import warnings
from pathlib import Path

from specrender.cli.streams import say
from specrender.errors import InputError, SpecrenderWarning


def plan_of(arguments, scene):
    """The stop rules: what the flags say, else the scene's number of samples."""
    from specrender.session import stop_rules

    adaptive = None if arguments.adaptive is None else arguments.adaptive == "on"
    return stop_rules(scene, arguments.spp, arguments.time, arguments.noise, adaptive, arguments.samples)


def default_output(arguments) -> Path:
    """Where the result goes if no -o says: to the working directory, under the name of the scene."""
    stem = Path(arguments.scene).stem
    if arguments.samples is None:
        return Path(f"{stem}.exr")
    first, last = arguments.samples
    return Path(f"{stem}.{first}-{last}.film")


def is_kept(arguments) -> bool:
    """Whether the checkpoint stays when the render is finished: if it was asked for."""
    return arguments.checkpoint is not None or arguments.every is not None or arguments.resume


def checkpoint_of(arguments, paths, is_same):
    """The checkpoint of a render, whose file is found to be writable; `is_same` tells whether names mean one file."""
    from specrender.checkpoints import SUFFIX, Checkpoint

    path = Path(f"{paths[0]}{SUFFIX}" if arguments.checkpoint is None else arguments.checkpoint)
    if any(is_same(path, other) for other in [*paths, *([arguments.stats] if arguments.stats else [])]):
        raise InputError(f"'{path}' is both the checkpoint and another output")
    checkpoint = Checkpoint(path)
    checkpoint.check()
    return checkpoint


def resume(arguments, session, checkpoint) -> None:
    """Go on with the film of a checkpoint if that is wanted and there is one; else say what may be lost."""
    if arguments.resume:
        film = checkpoint.load(session.film)
        if film is not None:
            session.film = film
        if not arguments.quiet:
            what = f"going on after {film.sample_count}" if film is not None else "there is none yet, starting with 0"
            say(f"specrender: checkpoint '{checkpoint.path}': {what} samples per pixel")
    elif checkpoint.path.exists():
        message = f"'{checkpoint.path}' is there from an earlier render, which --resume would go on with"
        warnings.warn(message, SpecrenderWarning, stacklevel=2)


def saving(arguments, checkpoint):
    """What saves the checkpoint every so often; a failure is said once and does not stop the render."""
    from specrender.checkpoints import EVERY

    def complain(problem):
        warnings.warn(f"{problem}; rendering goes on", SpecrenderWarning, stacklevel=2)

    return checkpoint.saving(EVERY if arguments.every is None else arguments.every, complain)


def span(film) -> str:
    """Samples per pixel of a film as text: "64", "64 to 71"."""
    if film.extra_samples is None:
        return str(film.sample_count)
    return f"{film.sample_count} to {film.sample_count + int(film.extra_samples.max())}"


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it: None for infinity."""
    return None if value is None or value == float("inf") else value


def located(session) -> list[dict]:
    """Places of samples that were not finite: pixel, index of the sample, and the material that is seen there."""
    from specrender.locate import visible_material

    return [
        {"x": x, "y": y, "sample": index, "material": visible_material(session.scene, session.tables, x, y)}
        for x, y, index in session.stats.non_finite_places
    ]
