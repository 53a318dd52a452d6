"""An explanation as plain data, for the API and the page, and as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from alerts.explain.clocks import Clock
from alerts.explain.explanation import Explanation
from alerts.explain.gating import GateStep, Telling
from alerts.explain.tracing import Part
from alerts.replay.report import in_words


def as_data(found: Explanation) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "instance": found.instance,
        "subject": found.subject,
        "at": found.at,
        "sentence": found.sentence,
        "alert_id": None if found.alert is None else found.alert.pk,
        "conditions": [
            {"role": one.role, "text": one.text, "verdict": one.verdict, "parts": [_part(part) for part in one.parts]}
            for one in found.conditions
        ],
        "clock": None if found.clock is None else _clock(found.clock),
        "tellings": [_telling(one) for one in found.tellings],
    }


def _part(part: Part) -> dict[str, Any]:
    age = None if part.age is None else part.age.total_seconds()
    return {"text": part.text, "depth": part.depth, "value": part.value, "sample": part.sample, "age_seconds": age}


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "state": clock.state.value,
        "since": clock.since,
        "held_seconds": clock.held.total_seconds(),
        "needed_seconds": clock.needed.total_seconds(),
        "sentence": clock.sentence,
    }


def _telling(telling: Telling) -> dict[str, Any]:
    return {
        "channel": telling.channel,
        "kind": telling.kind,
        "at": telling.at,
        "sentence": telling.sentence,
        "gates": [_gate(step) for step in telling.steps],
    }


def _gate(step: GateStep) -> dict[str, Any]:
    row = step.responsible
    return {
        "name": step.name,
        "said": step.said,
        "reason": step.reason,
        "responsible": "" if row is None else row.text,
        "url": "" if row is None else reverse(f"admin:ahgd_alerts_{row.model}_change", args=[row.id]),
    }


def lines_of(found: Explanation) -> Iterator[str]:
    """For a terminal; times in UTC."""
    yield f"{found.rule} on {found.subject} at {found.at:%Y-%m-%d %H:%M:%S} UTC"
    yield found.sentence
    for condition in found.conditions:
        yield f"{condition.role}: {condition.verdict}"
        for part in condition.parts:
            source = f"   [{part.sample}]" if part.sample else ""
            age = "" if part.age is None else f" {in_words(part.age)} old"
            yield f"  {'  ' * part.depth}{part.text} = {part.value}{source}{age}"
    if found.alert is None:
        yield "No alert was open, so no gate was asked."
    for telling in found.tellings:
        yield f"{telling.channel}, {telling.kind} of {telling.at:%Y-%m-%d %H:%M:%S} UTC: {telling.sentence}"
        for step in telling.steps:
            row = "" if step.responsible is None else f" ({step.responsible.model} {step.responsible.id})"
            yield f"  {step.name}: {step.said}{f': {step.reason}' if step.reason else ''}{row}"
