"""What `render` says in the end: which rule ended it, and what was reached."""

from __future__ import annotations

from specrender.cli.running import finite, span


def outcome(arguments, session, plan) -> str:
    """As "stopped at --time 30 s: 212 samples per pixel, noise 0.0131 (asked 0.01), 95 % of the pixels below 0.04"."""
    reached = [*_samples(session.film, session.stats, plan), *_noise(session.stats, plan)]
    return _rule(arguments, session.stats, plan) + (f": {', '.join(reached)}" if reached else "")


def _rule(arguments, stats, plan):
    from specrender.driver import Stop

    if stats.stop is Stop.INTERRUPTED:
        return "interrupted"
    if stats.samples == 0:
        return "nothing was added"
    if stats.stop is Stop.NOISE:
        return f"reached --noise {plan.noise:g}"
    if stats.stop is Stop.TIME:
        return f"stopped at --time {plan.seconds:g} s"
    if arguments.samples is not None:
        first, last = arguments.samples
        return f"all of --samples {first}:{last}"
    if arguments.spp is not None:
        return f"stopped at --spp {arguments.spp}"
    if plan.samples is not None:
        return f"stopped at the scene's {plan.samples} sample{'s' * (plan.samples > 1)} per pixel"
    return "stopped at the last sample there is"


def _samples(film, stats, plan):
    """Samples per pixel, unless the rule says all there is to say."""
    from specrender.driver import Stop

    if film.extra_samples is not None:
        mean = film.total_samples() / film.pixel_count
        return [f"{span(film)} samples per pixel", f"{mean:.1f} on average"]
    if stats.stop is Stop.SAMPLES and film.sample_count == plan.samples and stats.samples > 0:
        return []
    return [f"{film.sample_count} sample{'s' * (film.sample_count != 1)} per pixel"]


def _noise(stats, plan):
    from specrender.driver import Stop
    from specrender.film.noise import FIRST_DECISION

    if not plan.needs_decisions:
        return []
    if finite(stats.noise) is None:
        return [f"noise not judged below {FIRST_DECISION}"] if plan.noise is not None else []
    asked = ""
    if plan.noise is not None and stats.stop is not Stop.NOISE:
        # the last samples may have been enough
        asked = f" (asked {plan.noise:g}{', reached' if stats.noise <= plan.noise else ''})"
    return [f"noise {stats.noise:.3g}{asked}", f"95 % of the pixels below {stats.worst_noise:.3g}"]
