"""The schema of files of rules. What an entry leaves out has its default, so that a file says all there is to a rule.

Fields have the names of the stored rule's, and an alias where the file's word is another.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.models import Rule
from alerts.rulefiles.durations import Minutes, Seconds

_NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=100)]
Title = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$", max_length=200)]
Text = Annotated[str, Field(pattern=_NO_NUL)]
TagName = Annotated[str, Field(pattern=_NO_NUL, max_length=100)]
SeverityWord = Literal["low", "medium", "high", "critical"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SeriesEntry(Strict):
    """One series in promtool's notation."""

    series: Text = Field(description='Such as cpu_usage_percent{instance="web-1"}, or check:NAME for a health check.')
    values: Text = Field(description="Such as 50x10 90+1x4 _ 50; of a health check: healthyx10 critical.")


class CaseEntry(Strict):
    """A stretch of series on which the rule must fire, or must not."""

    name: Title = Field(description="Says what happens in it; warnings name it.")
    expect: Literal["must fire", "must not fire"]
    instance: Text = Field("", description="The series this is asked of; empty for any.")
    at_seconds: Seconds | None = Field(
        None, alias="at", description="Counted from the first value: it fires (or not) then. Empty: at any time."
    )
    interval_seconds: Seconds = Field(15, alias="interval", description="Between two values.")
    series: list[SeriesEntry] = Field(min_length=1)


def _by_rule() -> list[str]:
    return ["rule"]


class RuleEntry(Strict):
    """One rule, whole."""

    name: Name
    enabled: bool = True
    description: Text = Field("", description="What it means when this fires, for whoever is paged.")
    condition: Text = Field(description="For example: name == 'cpu_usage_percent' and value > 80")
    for_seconds: Seconds = Field(0, alias="for", description="The condition has to hold this long before it fires.")
    severity: SeverityWord = "medium"
    worse_condition: Text = Field("", description="While this is true the alert has the worse severity.")
    worse_severity: SeverityWord = "critical"
    recovery_condition: Text = Field("", description="Has to be true before the alert resolves.")
    keep_firing_for_seconds: Seconds = Field(
        0, alias="keep_firing_for", description="The condition has to be false this long before it resolves."
    )
    no_data: Literal["ok", "keep", "alert"] = Field("keep", description="What silence of a series or check means.")
    no_data_after_seconds: Seconds = Field(300, alias="no_data_after")
    depends_on: list[Name] = Field([], description="Names of rules: while one of them fires, this keeps its state.")
    owner_channel: Name | None = Field(None, description="Told when the rule itself breaks.")
    channels: list[Name] = Field([], description="Names of channels that are told.")
    escalation_policy: Annotated[Text, Field(max_length=100)] | None = None
    message_template: Text = Field("", alias="message", description="For example: CPU is at {value:.1f} %")
    runbook_url: Text = Field("", alias="runbook")
    cooldown_minutes: Minutes = Field(15, alias="cooldown")
    max_alerts_per_hour: int = Field(10, ge=0, description="0: any number.")
    repeat_interval_minutes: Minutes = Field(240, alias="repeat_every", description="0s: never.")
    group_by: list[TagName] = Field(default_factory=_by_rule)
    tags: dict[TagName, Text] = {}
    cases: list[CaseEntry] = Field([], description="Stretches of series on which the rule must fire, or must not.")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for what, names in (
            ("case", [case.name for case in self.cases]),
            ("channel", self.channels),
            ("rule that it depends on", self.depends_on),
        ):
            _refuse_twice(what, names)
        return self


class RuleFile(Strict):
    """A file of rules."""

    version: Literal[1] = Field(default=1, description="Of this schema.")
    rules: list[RuleEntry]

    @model_validator(mode="after")
    def _rules_once(self) -> Self:
        _refuse_twice("rule", [rule.name for rule in self.rules])
        return self


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the {what} {name!r} is there twice")
        seen.add(name)


def schema() -> dict[str, Any]:
    """The schema as JSON Schema, for editors and for checks without this console."""
    made = RuleFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Rules of AHGD Ops", **made}


SCALARS = tuple(
    name
    for name in RuleEntry.model_fields
    if name in {field.name for field in Rule._meta.concrete_fields}
    and name not in ("severity", "worse_severity", "owner_channel", "escalation_policy")
)
"""Fields that the stored rule has as the entry has them."""
