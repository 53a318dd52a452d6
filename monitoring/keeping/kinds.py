"""What the value of several samples together is: the last of a gauge, the sum of a counter, the slowest of a timing."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.kinds import Kind

Begins = Integers  # where the first sample of each part is; ``Ends``, the last
Ends = Integers


def sums(column: Floats, begins: Begins) -> Floats:
    """Of each part; 0 where it would be no number, as there are infinities of both signs."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Floats = np.nan_to_num(np.add.reduceat(column, begins), nan=0.0, posinf=np.inf, neginf=-np.inf)
    return found


def _last(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    return frame.value[ends]


def _sum(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    return sums(frame.value, begins)


def _slowest(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    found: Floats = np.maximum.reduceat(frame.value, begins)
    return found


VALUE_OF_PARTS: Final[Mapping[Kind, Callable[[Frame, Begins, Ends], Floats]]] = {
    Kind.GAUGE: _last,
    Kind.COUNTER: _sum,
    Kind.TIMING: _slowest,
}
