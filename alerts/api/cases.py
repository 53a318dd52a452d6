"""The operation that makes a case of an episode."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from alerts.api.access import WRITE_RULES, caller_of
from alerts.api.problems import Problem
from alerts.api.rules import RuleName, find_rule
from alerts.api.schemas import Moment, ProblemOut
from alerts.audit import audit
from alerts.cases.marking import Marked, MarkRefused, mark

router = Router(tags=["rules"])


class CaseIn(Schema):
    """An episode as replay tells it, and what the rule has to do in it."""

    model_config = ConfigDict(extra="forbid")

    instance: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
    start: Moment
    end: Moment
    expect: Literal["must fire", "must not fire"]


class CaseOut(Schema):
    name: str
    expect: str
    instance: str = Field(description="The series it is asked of; empty for any.")
    interval_seconds: int
    series: list[str] = Field(description="In promtool's notation.")
    passed: bool = Field(description="Whether the rule does so as it is now.")
    message: str


@router.post(
    "/{name}/cases",
    response={201: CaseOut, 401: ProblemOut, 403: ProblemOut, 400: ProblemOut, 404: ProblemOut, 422: ProblemOut},
    operation_id="markCase",
    summary="Make a case of an episode",
)
def mark_case(request: HttpRequest, name: RuleName, body: CaseIn) -> Status[dict[str, Any]]:
    """The stored series of that time become a test that the rule carries. Needs the scope rules:write."""
    actor = caller_of(request, WRITE_RULES)
    rule = find_rule(name)
    marked = Marked(body.instance, body.start, body.end, body.expect == "must fire")
    try:
        case, outcome = mark(rule, marked)
    except MarkRefused as refused:
        raise Problem(422, str(refused)) from refused
    audit(rule, f"made the case {case.name}", actor)
    made = {
        "name": case.name,
        "expect": body.expect,
        "instance": case.instance,
        "interval_seconds": case.interval_seconds,
        "series": case.series.splitlines(),
        "passed": outcome.passed,
        "message": outcome.message,
    }
    return Status(201, made)
