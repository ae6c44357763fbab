"""Rendering: threads, tiles, passes, stop rules, interruption.  SceneTables -> Film.

`render_film` is the front door; a `Plan` says when it is done, a `Job` watches and stops it.
"""

from specrender.driver.job import Job, Regular, RenderStats, Stop
from specrender.driver.plan import Plan
from specrender.driver.render import default_threads, new_film, prepare_kernel, render_film
from specrender.driver.team import Team
from specrender.driver.tiles import SAMPLES_PER_CALL, TILE_SIZE

__all__ = [
    "SAMPLES_PER_CALL",
    "TILE_SIZE",
    "Job",
    "Plan",
    "Regular",
    "RenderStats",
    "Stop",
    "Team",
    "default_threads",
    "new_film",
    "prepare_kernel",
    "render_film",
]
