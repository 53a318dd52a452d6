"""What goes in and what comes out. Times are ISO 8601 in UTC."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from alerts.acknowledging import LONGEST, LONGEST_NOTE
from alerts.models import Severity
from alerts.muting import silences

LARGEST_ID = 2**53 - 1  # what JSON in a browser can hold
_LONGEST_MINUTES = int(LONGEST.total_seconds() // 60)
_LONGEST_SILENCE_MINUTES = int(silences.LONGEST.total_seconds() // 60)
_MATCHERS = "Which alerts, one matcher a line, such as severity!=critical; empty: this instance of this rule only."
_NO_NUL = r"^[^\x00]*$"
_SOME_WORDS = r"^[^\x00]*[^\x00\s][^\x00]*$"

Text = Annotated[str, Field(max_length=300, pattern=_NO_NUL)]
Words = Annotated[str, Field(max_length=LONGEST_NOTE, pattern=_SOME_WORDS)]


def _in_utc(at: datetime) -> datetime:
    """The same moment; a database knows fewer offsets than ISO 8601."""
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("too far from now") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Label = Annotated[str, Field(max_length=300, pattern=r"^[A-Za-z_][^\x00=]{0,99}=[^\x00]*$")]
Minutes = Annotated[int, Field(ge=1, le=_LONGEST_MINUTES)]
SeverityWord = StrEnum("SeverityWord", [(one.name, one.word) for one in Severity])  # type: ignore[misc]  # made of ours


class State(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


class Listing(Schema):
    """Which alerts, and which part of what may be a long list. All filters that are given have to fit."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[State, Field(description="Open ones, resolved ones, or all.")] = State.OPEN
    severity: Annotated[list[SeverityWord], Field(description="Any of these; repeat it for several.")] = []
    rule: Annotated[Text, Field(description="The name of the rule.")] = ""
    label: Annotated[list[Label], Field(max_length=10, description="name=value; repeat it, and all have to fit.")] = []
    acknowledged: Annotated[bool | None, Field(description="Only those that somebody has, or that nobody has.")] = None
    opened_after: Annotated[Moment | None, Field(description="Opened at or after this time.")] = None
    opened_before: Annotated[Moment | None, Field(description="Opened before this time.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50
    after: Annotated[int, Field(ge=1, le=LARGEST_ID, description="The next of the page before.")] = LARGEST_ID


class Acknowledgement(Schema):
    by: str = Field(description="The owner: who takes care of it.")
    note: str = Field(description="What they are doing about it.")
    at: datetime
    until: datetime | None = Field(description="When it ends by itself; null for when the alert resolves.")


class EscalationOut(Schema):
    policy: str | None
    step: int = Field(description="The position of the step that ran last; 0 before the first.")
    due_at: datetime | None = Field(description="When the next step runs; null when none will.")
    reason: str = Field(description="Why no step will run, or not now.")


class AlertOut(Schema):
    id: int
    rule: str
    subject: str = Field(description="The series or health check, as people read it.")
    fingerprint: str = Field(description="Of the subject; rule and fingerprint name the instance.")
    labels: dict[str, Any]
    severity: SeverityWord
    state: str = Field(description="firing, acknowledged or resolved.")
    summary: str
    value: float | None = Field(description="When it opened.")
    opened_at: datetime
    resolved_at: datetime | None
    resolved_reason: str
    acknowledgement: Acknowledgement | None
    escalation: EscalationOut | None
    url: str = Field(description="Where people read about it.")


class EventOut(Schema):
    kind: str
    at: datetime
    value: float | None
    severity: SeverityWord | None
    reason: str
    actor: str | None = Field(description="Who did it; null for the console itself.")


class NotificationOut(Schema):
    delivery_id: str = Field(description="Equal on every attempt; receivers of webhooks get it as webhook-id.")
    channel: str
    kind: str
    state: str
    gate: str | None = Field(description="Which gate holds it, or held it for good; null for none.")
    why: str = Field(description="Why it is not sent, or not yet.")
    attempts: int
    created_at: datetime
    sent_at: datetime | None


class AlertWithHistory(AlertOut):
    events: list[EventOut] = Field(description="What happened, in order.")
    notifications: list[NotificationOut] = Field(description="Whom it was told, and whom not, and why.")


class AlertPage(Schema):
    alerts: list[AlertOut]
    next: int | None = Field(description="Send it as after for the next page; null on the last.")


class AcknowledgeIn(Schema):
    model_config = ConfigDict(extra="forbid")

    note: Words = Field(description="What is being done about it.")
    minutes: Annotated[
        Minutes | None, Field(description="Ends by itself after so many; null: when the alert resolves.")
    ] = None


class SilenceIn(Schema):
    model_config = ConfigDict(extra="forbid")

    comment: Words = Field(description="Why, for whoever wonders at the quiet.")
    minutes: Annotated[int, Field(ge=1, le=_LONGEST_SILENCE_MINUTES, description="How long from now.")]
    matchers: Annotated[str, Field(max_length=2000, pattern=_NO_NUL, description=_MATCHERS)] = ""


class SilenceOut(Schema):
    id: int
    matchers: str
    comment: str
    starts_at: datetime
    ends_at: datetime
    by: str | None


class FaultOut(Schema):
    field: str
    reason: str


class ProblemOut(Schema):
    """RFC 9457: what went wrong, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FaultOut] = Field(description="Fields of the request, and what is wrong with each.")
