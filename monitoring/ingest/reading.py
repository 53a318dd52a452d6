"""What a body turns out to hold, and why one is refused."""

from dataclasses import dataclass

from monitoring.samples import Sample, finite

MOST_SAMPLES = 20_000
MOST_FAULTS = 20
LARGEST = 1e300  # sums of many of them are numbers, too
EARLIEST_MS = 946_684_800_000  # 2000-01-01; what is before was meant as seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """Where in the body, such as ``line 3`` or ``samples[2].value``, and what is wrong there."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample with its ``place`` in the body. A cumulative value is that of a counter since its program started."""

    sample: Sample
    place: str
    is_cumulative: bool = False
    has_time: bool = False


class BodyRefused(ValueError):
    """Nothing of the body is stored. ``status`` is 400 for one that cannot be read, 422 for what it says."""

    def __init__(self, status: int, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.reason}" for fault in faults))
        self.status = status
        self.faults = faults


def whole(readings: list[Reading], faults: list[Fault]) -> list[Reading]:
    """The readings, when there are some and none is at fault. Raises BodyRefused."""
    if faults:
        raise BodyRefused(422, faults[:MOST_FAULTS])
    if not readings:
        raise BodyRefused(422, [Fault("body", "holds no samples")])
    return readings


def check_time(at_ms: float) -> int:
    """Whole milliseconds. Raises ValueError, also for NaN and infinities."""
    if not EARLIEST_MS <= at_ms < 2**53:
        raise ValueError(f"{at_ms:.0f} is no time since the year 2000 in milliseconds")
    return int(at_ms)


def check_number(value: float) -> float:
    """Raises ValueError, as for 10 ** 400."""
    try:
        number = finite(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a finite number") from error
    if abs(number) > LARGEST:
        raise ValueError(f"is beyond {LARGEST:g}, and sums of such numbers cannot be kept")
    return number


def refuse_contradictions(readings: list[Reading]) -> None:
    """Raises BodyRefused when two say different things of one series at one time."""
    met: dict[object, Reading] = {}
    faults = []
    for reading in readings:
        first = met.setdefault((reading.sample.key, reading.sample.at_ms), reading)
        if first.sample != reading.sample:
            faults.append(Fault(reading.place, f"another value of the same series and time as {first.place}"))
    if faults:
        raise BodyRefused(422, faults[:MOST_FAULTS])
