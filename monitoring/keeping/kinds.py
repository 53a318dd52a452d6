"""What the value of several samples together is: the last of a gauge, the sum of a counter, the slowest of a timing."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.kinds import Kind

Begins = Integers  # where the first sample of each part is; ``Ends``, the last
Ends = Integers


def _last(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    return frame.value[ends]


def _sum(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    found: Floats = np.add.reduceat(frame.value, begins)
    return found


def _slowest(frame: Frame, begins: Begins, ends: Ends) -> Floats:
    found: Floats = np.maximum.reduceat(frame.value, begins)
    return found


VALUE_OF_PARTS: Final[Mapping[Kind, Callable[[Frame, Begins, Ends], Floats]]] = {
    Kind.GAUGE: _last,
    Kind.COUNTER: _sum,
    Kind.TIMING: _slowest,
}
