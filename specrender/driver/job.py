"""Job and RenderStats: how a render is watched and stopped, and what it says it did."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from specrender.film import Film

#: Non-finite samples whose place is kept.
PLACES = 16


class Stop(enum.StrEnum):
    """Why a render ended; the values are words for reports."""

    SAMPLES = "samples"
    TIME = "time"
    NOISE = "noise"
    INTERRUPTED = "interrupted"


@dataclass
class RenderStats:
    """What a render did.

    Parameters
    ----------
    samples : paths traced from the camera in this run.
    non_finite : samples dropped because they were not finite.
    non_finite_places : (x, y, sample index) of some of them [pixels of the full image].
    render_seconds : wall time of tracing.
    pause_seconds : wall time of what the job's hooks did meanwhile (checkpoints, previews), not part of the former.
    stop : why it ended.
    noise : the last error that was estimated, by the formula of `film.noise`; None if there was no need to.
    worst_noise : the error that 95 % of the pixels stay below.
    decisions : how often the film was looked at for errors.
    threads : that rendered.
    """

    samples: int = 0
    non_finite: int = 0
    non_finite_places: list[tuple[int, int, int]] = field(default_factory=list)
    render_seconds: float = 0.0
    pause_seconds: float = 0.0
    stop: Stop = Stop.SAMPLES
    noise: float | None = None
    worst_noise: float | None = None
    decisions: int = 0
    threads: int = 1

    @property
    def interrupted(self) -> bool:
        """The render was stopped before any of its rules was met."""
        return self.stop is Stop.INTERRUPTED

    @property
    def paths_per_second(self) -> float:
        """Camera paths per second of render time."""
        return self.samples / self.render_seconds if self.render_seconds > 0 else 0.0


@dataclass
class Regular:
    """Something to be done with the film every so often, between tiles.

    Parameters
    ----------
    seconds : time from the end of one call to the next.  If calls take long, the time becomes 20 times as long as the
        last one took, so that a render never spends more than a twentieth of its time on this.
    call : called with the film, whose counts are right and which nothing changes meanwhile.
    """

    seconds: float
    call: Callable[[Film], None]
    due: float = 0.0

    def start(self) -> None:
        """The first call is due after `seconds` from now."""
        self.due = time.monotonic() + self.seconds

    def run(self, film: Film) -> None:
        """Call, and set when it is due again."""
        started = time.monotonic()
        self.call(film)
        ended = time.monotonic()
        self.due = ended + max(self.seconds, 20.0 * (ended - started))


@dataclass
class Job:
    """Where a render stands: hooks that the caller may set.

    on_progress : called with (samples done in this run, samples of this run in all or None) between tiles.
    on_tile : called with (film, x0, y0, x1, y1) when those pixels of the full image have got new samples.
    regulars : what is done every so often.
    stop : set it, from any thread or a signal handler, to end after the tiles under way.
    stats : of the render under way; set by it.
    """

    on_progress: Callable[[int, int | None], None] = lambda done, total: None
    on_tile: Callable[[Film, int, int, int, int], None] | None = None
    regulars: list[Regular] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    stats: RenderStats | None = None
