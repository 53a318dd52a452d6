"""What the rule form shows under the condition: what the rule as it is being written would have done."""

from copy import copy
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.conditions import ConditionRefused, parse
from alerts.forms import RuleForm
from alerts.models import Rule
from alerts.replay import Draft, ReplayTooLarge, Report, SpanRefused, difference, replay, span_of, suggest
from alerts.replay.budget import Budget, ReplayTooSlow
from alerts.replay.charts import chart_of
from alerts.replay.told import as_data, difference_sentence

_COLUMNS = {field.name for field in Rule._meta.concrete_fields}
_REFUSALS = (ConditionRefused, SpanRefused, ReplayTooLarge, ReplayTooSlow)


@require_POST
@permission_required("ahgd_alerts.view_rule", raise_exception=True)
def replay_draft(request: HttpRequest) -> JsonResponse:
    """The fields of the form, with ``rule`` (its id where it is saved), ``since`` and ``suggest``.

    What another field is refused for is left as it is saved; without a condition that can be read there is nothing to
    replay, and ``refused`` says so.
    """
    saved = _saved(request.POST.get("rule", ""))
    draft = _draft(request, saved)
    try:
        condition = parse(draft.rule.condition)
        span, end = span_of(request.POST.get("since", "24h")), timezone.now()
        budget = Budget()  # of the whole answer
        report = replay(draft, end - span, end, budget)
        found = as_data(report) | {"chart": chart_of(condition, report), "threshold": _threshold(condition.threshold)}
        found |= _compared(report, saved, budget) | _suggested(request, draft, report, budget)
    except _REFUSALS as refused:
        return JsonResponse({"refused": str(refused)})
    return JsonResponse(found)


def _saved(rule_id: str) -> Rule | None:
    is_id = rule_id.isascii() and rule_id.isdecimal() and len(rule_id) < 19
    return Rule.objects.filter(pk=int(rule_id)).first() if is_id else None


def _draft(request: HttpRequest, saved: Rule | None) -> Draft:
    """The saved rule with what the form has that can be used."""
    rule = Rule() if saved is None else copy(saved)
    form = RuleForm(request.POST, instance=copy(rule))  # which it changes
    form.is_valid()
    fine = form.cleaned_data
    for name in _COLUMNS & fine.keys() & request.POST.keys():
        if fine[name] is not None:
            setattr(rule, name, fine[name])
    rule.name = fine.get("name") or rule.name or "draft"
    rule.condition = request.POST.get("condition", "")
    parents = tuple(parent.pk for parent in fine.get("depends_on", ()))
    return Draft(rule, tuple(fine.get("channels", ())), parents)


def _threshold(found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "direction": found.direction.value, "start": found.span[0], "end": found.span[1]}


def _compared(report: Report, saved: Rule | None, budget: Budget) -> dict[str, str]:
    if saved is None:
        return {"difference": ""}
    before = replay(Draft.of(saved), report.start, report.end, budget)
    return {"difference": difference_sentence(difference(report, before))}


def _suggested(request: HttpRequest, draft: Draft, report: Report, budget: Budget) -> dict[str, Any]:
    found = suggest(draft, report, budget) if request.POST.get("suggest") else None
    if found is None:
        return {"suggestion": None}
    return {"suggestion": {"threshold": found.threshold, "condition": found.condition, "fires": found.fires}}
