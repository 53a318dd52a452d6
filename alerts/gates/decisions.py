"""What a gate can say."""

from dataclasses import dataclass
from datetime import datetime

from alerts.models.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The row that is responsible, by its id: at most one of these is set."""

    silence_id: int | None = None
    maintenance_id: int | None = None
    parent_alert_id: int | None = None
    told_before_id: int | None = None
    """The notification whose sending spent the cooldown."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing speaks against sending."""

    is_digest: bool = False
    """Whether a limit withheld it until now, so that it says so and takes all others with it that a limit withheld."""


@dataclass(frozen=True, slots=True)
class Join:
    """It is named in the message of another notification that goes out now."""

    leader: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now; at ``until`` it is looked at again."""

    reason: str
    until: datetime
    gate: Gate | None = None
    because: Because | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Never."""

    reason: str
    gate: Gate | None = None
    because: Because | None = None


Decision = Pass | Join | Hold | Stop
