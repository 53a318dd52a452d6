"""How far a command is that takes long."""

import math
import time
from dataclasses import dataclass

from django.core.management.base import OutputWrapper


@dataclass(slots=True)
class Progress:
    """Told at most once a second: a line in a log, the same line on a terminal."""

    out: OutputWrapper
    told_at_seconds: float = -math.inf

    def tell(self, text: str) -> None:
        if time.monotonic() - self.told_at_seconds >= 1:
            self.told_at_seconds = time.monotonic()
            self.out.write(text, ending="\r" if self.out.isatty() else "\n")
            self.out.flush()
