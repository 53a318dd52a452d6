"""What a scenario is: a fault that is played on a stage, and a verdict for each channel."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stage import Stage
from tests.faults.verdict import Verdict

MESSAGES = 12
Play = Callable[[Stage, random.Random], dict[str, Verdict]]


@dataclass(frozen=True)
class Scenario:
    name: str
    play: Play
