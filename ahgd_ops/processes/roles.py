"""What a process can be; ``manage.py up`` runs all of them, ``up --only NAME`` one."""

from collections.abc import Callable
from dataclasses import dataclass

from ahgd_ops.processes import beat, web, worker


@dataclass(frozen=True, slots=True)
class Role:
    """``run`` works until it is told to stop by TERM, and gives the exit code."""

    name: str
    run: Callable[[], int]


ROLES = (Role("web", web.run), Role("worker", worker.run), Role("beat", beat.run))
