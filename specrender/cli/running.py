"""What `render` does besides tracing: stop rules, checkpoints, parts of a render, and what it says about them."""

from __future__ import annotations

import warnings
from pathlib import Path

from specrender.cli.preview import SECONDS
from specrender.cli.streams import say
from specrender.errors import InputError, SpecrenderWarning
from specrender.scene.readers import called


def plan_of(arguments, scene):
    """The stop rules: what the flags say, else the scene's number of samples."""
    from specrender.session import stop_rules

    adaptive = None if arguments.adaptive is None else arguments.adaptive == "on"
    return stop_rules(scene, arguments.spp, arguments.time, arguments.noise, adaptive, arguments.samples)


def default_output(arguments) -> str:
    """Where the result goes if no -o says: to the working directory, under the name of the scene."""
    stem = called(arguments.scene).stem
    if arguments.samples is None:
        return f"{stem}.exr"
    first, last = arguments.samples
    return f"{stem}.{first}-{last}.film"


def check_extras(arguments, plan) -> None:
    """Errors for what is asked for and cannot be had, before anything is rendered."""
    if arguments.denoise:
        from specrender.denoise import check_available

        check_available()
    if arguments.dask is not None:
        from specrender import cluster

        cluster.check_plan(plan)
        cluster.check_available()
    if arguments.tev is not None:
        from specrender.output.tev import parsed_address

        parsed_address(arguments.tev)


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


def resume(arguments, session, checkpoint) -> bool:
    """Go on with the film of a checkpoint if that is wanted and there is one; else say what may be lost.

    Returns whether there is one that the render goes on with.
    """
    if arguments.resume:
        film = checkpoint.load(session.film)
        if film is not None:
            session.film = film
        if not arguments.quiet:
            what = f"going on after {span(film)}" if film is not None else "there is none yet, starting with 0"
            say(f"specrender: checkpoint '{checkpoint.path}': {what} samples per pixel")
        return film is not None
    if checkpoint.path.exists():
        if arguments.checkpoint is not None:
            checkpoint.check_is_of(session.film)
        _note(f"'{checkpoint.path}' is there from an earlier render, which is given up without --resume")
    return False


def note_levelling(session, plan) -> None:
    """A note if an adaptive render goes on without adaptive sampling that nobody switched off."""
    film = session.film
    if plan.needs_decisions or plan.adaptive is not None or film.convergence is None or film.extra_samples is None:
        return
    most = film.sample_count + int(film.extra_samples.max())
    level = most if plan.samples is None else min(most, plan.samples)
    # pixels of a pass that was interrupted differ, too; only adaptive sampling gives them goals that do
    if film.sample_count < level and film.convergence.goal.min() < film.convergence.goal.max():
        _note(
            f"the checkpoint was sampled adaptively, {span(film)} samples per pixel, and goes on evenly: pixels that "
            "have fewer catch up first; --noise or --adaptive on, as it had, goes on as it began"
        )


def note_nothing_added(session, plan) -> None:
    """A note if a render that went on with a checkpoint had nothing left to do."""
    from specrender.driver import Stop

    if session.stats.samples or session.stats.interrupted:
        return
    if session.stats.stop is Stop.NOISE:
        wanted = "the noise target is met"
    else:
        wanted = f"{plan.samples} are asked for, counted from the first one"
    _note(f"nothing was added: the checkpoint holds {span(session.film)} samples per pixel, and {wanted}")


def note_too_few_for_decisions(plan) -> None:
    """A note if a render ends before errors are judged for the first time."""
    from specrender.film.noise import FIRST_DECISION

    if plan.needs_decisions and plan.samples is not None and plan.samples <= FIRST_DECISION:
        is_judged = plan.noise is None or plan.samples == FIRST_DECISION
        lost = [] if is_judged else [f"no noise target of {plan.noise:g} can end it"]
        lost += ["sampling stays uniform"] if plan.is_adaptive else []
        if not lost:
            return
        few = f"{plan.samples} sample{'s' * (plan.samples > 1)} per pixel"
        _note(f"errors are judged from {FIRST_DECISION} samples per pixel on: with {few}, {' and '.join(lost)}")


def _note(message):
    warnings.warn(message, SpecrenderWarning, stacklevel=2)


def job_of(arguments, stop, checkpoint, session, preview):
    """The hooks of a render: checkpoints, a preview, a live view.

    Checkpoints that cannot be saved and viewers that are gone are mentioned and do not stop the render.
    """
    from specrender.checkpoints import EVERY
    from specrender.driver import Job, Regular

    def complain(problem):
        warnings.warn(f"{problem}; rendering goes on", SpecrenderWarning, stacklevel=2)

    job = Job(stop=stop)
    job.regulars.append(checkpoint.saving(EVERY if arguments.every is None else arguments.every, complain))
    if preview.paths:
        job.regulars.append(Regular(SECONDS, preview.show))
    if arguments.tev:
        job.on_tile = _live_view(arguments.tev, session, complain)
    return job


def _live_view(address, session, complain):
    from specrender.output.tev import TevView

    view = TevView(address, session.scene.name, session.film)

    def show(film, x0, y0, x1, y1):
        if view.problem is None:
            view.show(film, x0, y0, x1, y1)
            if view.problem is not None:
                complain(view.problem)

    return show


def denoise(session) -> None:
    """Denoise the film, if it has any samples."""
    from specrender.denoise import denoise as run

    with session.timed("denoise"):
        if session.film.sample_count:
            run(session.film)


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
