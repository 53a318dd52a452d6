"""What goes into the operations on rules and what comes out. Times are ISO 8601 in UTC."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field

from alerts.api.schemas import Moment
from alerts.models import NoData, Severity
from alerts.models.rule import LONGEST_MINUTES, LONGEST_SECONDS, MOST_MESSAGES

_NO_NUL = r"^[^\x00]*$"
Span = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}[smhd]$", description="How far back, from 5m to 30d.")]
Condition = Annotated[str | None, Field(max_length=2000, pattern=_NO_NUL)]
Seconds = Annotated[int | None, Field(ge=0, le=LONGEST_SECONDS)]
Minutes = Annotated[int | None, Field(ge=0, le=LONGEST_MINUTES)]
SeverityNumber = Annotated[int | None, Field(ge=min(Severity.values), le=max(Severity.values))]
Suggest = Annotated[bool, Field(description="Whether to look for a threshold at which it would be quiet.")]


class ReplayOf(Schema):
    model_config = ConfigDict(extra="forbid")

    since: Span = "24h"
    suggest: Suggest = False


class ReplayIn(Schema):
    """What is left out is as it is saved."""

    model_config = ConfigDict(extra="forbid")

    since: Span = "24h"
    suggest: Suggest = False
    condition: Condition = None
    worse_condition: Condition = None
    recovery_condition: Condition = None
    for_seconds: Seconds = None
    keep_firing_for_seconds: Seconds = None
    severity: SeverityNumber = None
    worse_severity: SeverityNumber = None
    no_data: NoData | None = None
    no_data_after_seconds: Annotated[int | None, Field(ge=10, le=LONGEST_SECONDS)] = None
    cooldown_minutes: Minutes = None
    max_alerts_per_hour: Annotated[int | None, Field(ge=0, le=MOST_MESSAGES)] = None
    repeat_interval_minutes: Minutes = None


class LetterOut(Schema):
    """One thing that a channel was to be told. ``gate`` and ``reason`` say why it was not."""

    at: datetime
    channel: str
    kind: str
    event: str
    is_told: bool
    told_at: datetime | None
    gate: str
    reason: str
    responsible: str
    responsible_id: int | None


class EpisodeOut(Schema):
    """One life of an alert; ``end`` is null while it is open at the end of the stretch."""

    rule: str
    instance: str
    subject: str
    start: datetime
    end: datetime | None
    severity: str
    value: float | None
    reason: str
    is_notified: bool
    letters: list[LetterOut]


class GapOut(Schema):
    """Where nothing is known of an instance."""

    instance: str
    subject: str
    start: datetime
    end: datetime


class DifferenceOut(Schema):
    """The draft less the saved version; episodes that only one of them has."""

    fires: int
    notifications: int
    appeared: list[EpisodeOut]
    vanished: list[EpisodeOut]


class SuggestionOut(Schema):
    threshold: float
    condition: str
    fires: int


class ReplayedOut(Schema):
    rule: str
    start: datetime
    end: datetime
    summary: str
    fires: int
    notifications: int
    longest_seconds: float
    instances: int
    noise: str
    broken: str
    notes: list[str]
    withheld: dict[str, int]
    episodes: list[EpisodeOut]
    is_shortened: bool
    gaps: list[GapOut]
    difference: DifferenceOut | None = None
    suggestion: SuggestionOut | None = None


class ExplainIn(Schema):
    model_config = ConfigDict(extra="forbid")

    instance: Annotated[str, Field(min_length=1, max_length=120, pattern=_NO_NUL, description="Its fingerprint.")]
    at: Annotated[Moment | None, Field(description="When; now where it is left out.")] = None


class PartOut(Schema):
    text: str
    depth: int
    value: str
    sample: str
    age_seconds: float | None


class ConditionOut(Schema):
    role: str
    text: str
    verdict: str
    parts: list[PartOut]


class ClockOut(Schema):
    state: str
    since: datetime | None
    held_seconds: float
    needed_seconds: float
    sentence: str


class GateOut(Schema):
    """``said``: passed, stopped, or not asked. ``url`` leads to the row responsible."""

    name: str
    said: str
    reason: str
    responsible: str
    url: str


class TellingOut(Schema):
    channel: str
    kind: str
    at: datetime
    sentence: str
    gates: list[GateOut]


class ExplainedOut(Schema):
    rule: str
    instance: str
    subject: str
    at: datetime
    sentence: str
    alert_id: int | None
    conditions: list[ConditionOut]
    clock: ClockOut | None
    tellings: list[TellingOut]
