"""An episode on a chart that is marked "must fire" or "must not fire".

Scripts, which ask for JSON, are told what came of it, so that a form that is being filled in stays; a plain form leads
back.
"""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from alerts.cases.marking import Marked, MarkRefused, mark
from alerts.models import Rule

MUST_FIRE = "must fire"
UNREADABLE = "No case was made: give an instance, a start, an end, and what is expected."


class MarkForm(forms.Form):
    """Times are ISO 8601; without an offset they are UTC."""

    instance = forms.CharField(max_length=120)
    start = forms.DateTimeField()
    end = forms.DateTimeField()
    expect = forms.ChoiceField(choices=[(word, word) for word in (MUST_FIRE, "must not fire")])


@require_POST
@permission_required("ahgd_alerts.change_rule", raise_exception=True)
def mark_case(request: HttpRequest, name: str) -> HttpResponse:
    rule = get_object_or_404(Rule, name=name)
    form = MarkForm(request.POST)
    level, text = _mark(rule, form) if form.is_valid() else (messages.ERROR, UNREADABLE)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"told": text}, status=422 if level == messages.ERROR else 200)
    messages.add_message(request, level, text)
    return _back(request, rule)


def _mark(rule: Rule, form: MarkForm) -> tuple[int, str]:
    """How the message is to be shown, and the message."""
    asked = form.cleaned_data
    try:
        case, outcome = mark(
            rule, Marked(asked["instance"], asked["start"], asked["end"], asked["expect"] == MUST_FIRE)
        )
    except MarkRefused as refused:
        return messages.ERROR, f"No case was made: {refused}"
    level = messages.SUCCESS if outcome.passed else messages.WARNING
    return level, f"The case “{case}” was added to the rule {rule}. As the rule is now, {outcome.message}."


def _back(request: HttpRequest, rule: Rule) -> HttpResponse:
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return redirect(asked)
    return redirect(reverse("admin:ahgd_alerts_rule_change", args=[rule.pk]))
