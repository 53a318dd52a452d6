"""A storage that keeps what it is given."""

from collections.abc import Sequence

from django.db import DataError, OperationalError

from monitoring.samples import Sample
from monitoring.storage import Storage


class Shelf(Storage):
    """``is_away`` makes it fail as a lost database does; what is named ``poison`` it can never take."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: list[Sample] = []
        self.is_away = False

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        if self.is_away:
            raise OperationalError("the database is away")
        if any(sample.key.name == "poison" for sample in samples):
            raise DataError("out of range")
        self.samples.extend(samples)
        return len(samples)
