"""The operations on rules: what one would have done, and why it does what it does. Nothing is written or sent."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from alerts.api.access import READ_RULES, caller_of
from alerts.api.problems import Fault, Problem
from alerts.api.rule_schemas import ExplainedOut, ExplainIn, ReplayedOut, ReplayIn, ReplayOf
from alerts.api.schemas import ProblemOut
from alerts.conditions import ConditionRefused, parse
from alerts.explain import explain
from alerts.explain.telling import as_data as explanation_data
from alerts.models import Rule
from alerts.replay import Draft, ReplayTooLarge, Report, SpanRefused, difference, replay, span_of, suggest
from alerts.replay.budget import Budget, ReplayTooSlow
from alerts.replay.told import as_data, difference_data

RuleName = Annotated[str, Path(max_length=100, pattern=r"^[-a-zA-Z0-9_]+$", description="As the list of rules has it.")]
ANYWHERE = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 422: ProblemOut}
router = Router(tags=["rules"])


@router.get(
    "/{name}/replay", response={200: ReplayedOut} | ANYWHERE, operation_id="replayRule", summary="Replay a saved rule"
)
def replay_rule(request: HttpRequest, name: RuleName, asked: Query[ReplayOf]) -> dict[str, Any]:
    """When it would have fired and told over what is stored. Needs the scope rules:read."""
    caller_of(request, READ_RULES)
    draft = Draft.of(find_rule(name))
    budget = Budget()
    report = _replayed(draft, asked.since, timezone.now(), budget)
    return as_data(report) | _suggested(draft, report, asked.suggest, budget)


@router.post(
    "/{name}/replay",
    response={200: ReplayedOut, 400: ProblemOut} | ANYWHERE,
    operation_id="replayDraft",
    summary="Replay a rule with other values",
)
def replay_draft(request: HttpRequest, name: RuleName, body: ReplayIn) -> dict[str, Any]:
    """As it would be with what the body names, and how that differs from it as it is. Needs the scope rules:read."""
    caller_of(request, READ_RULES)
    saved = Draft.of(find_rule(name))
    draft = Draft.of(find_rule(name))
    for field, value in body.model_dump(exclude={"since", "suggest"}, exclude_none=True).items():
        if field.endswith("condition") and value:
            _check(field, value)
        setattr(draft.rule, field, value)
    end, budget = timezone.now(), Budget()
    report, before = (_replayed(one, body.since, end, budget) for one in (draft, saved))
    changed = {"difference": difference_data(difference(report, before))}
    return as_data(report) | changed | _suggested(draft, report, body.suggest, budget)


@router.get(
    "/{name}/explain", response={200: ExplainedOut} | ANYWHERE, operation_id="explainRule", summary="Explain a rule"
)
def explain_rule(request: HttpRequest, name: RuleName, asked: Query[ExplainIn]) -> dict[str, Any]:
    """What every part of its condition was worth on an instance at a time, how far its clock had come, and what the
    gates said. Needs the scope rules:read."""
    caller_of(request, READ_RULES)
    now = timezone.now()
    at = now if asked.at is None else min(asked.at, now)
    return explanation_data(explain(find_rule(name), asked.instance, at, now))


def find_rule(name: str) -> Rule:
    rule = Rule.objects.filter(name=name).first()
    if rule is None:
        raise Problem(404, f"There is no rule {name}.")
    return rule


def _check(field: str, text: str) -> None:
    try:
        parse(text)
    except ConditionRefused as refused:
        raise Problem(422, f"Put right what errors says of: {field}.", Fault(field, str(refused))) from refused


def _replayed(draft: Draft, since: str, end: datetime, budget: Budget) -> Report:
    try:
        span: timedelta = span_of(since)
        return replay(draft, end - span, end, budget)
    except SpanRefused as refused:
        raise Problem(422, "Put right what errors says of: since.", Fault("since", str(refused))) from refused
    except (ReplayTooLarge, ReplayTooSlow) as refused:
        raise Problem(422, str(refused)) from refused


def _suggested(draft: Draft, report: Report, is_asked: bool, budget: Budget) -> dict[str, Any]:
    try:
        found = suggest(draft, report, budget) if is_asked else None
    except ReplayTooSlow as refused:
        raise Problem(422, str(refused)) from refused
    if found is None:
        return {"suggestion": None}
    return {"suggestion": {"threshold": found.threshold, "condition": found.condition, "fires": found.fires}}
