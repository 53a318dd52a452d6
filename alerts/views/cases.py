"""An episode on a chart that is marked "must fire" or "must not fire": a plain POST form that leads back."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from alerts.cases.marking import Marked, MarkRefused, mark
from alerts.models import Rule


class MarkForm(forms.Form):
    """Times are ISO 8601; without an offset they are UTC."""

    instance = forms.CharField(max_length=120)
    start = forms.DateTimeField()
    end = forms.DateTimeField()
    expect = forms.ChoiceField(choices=[("must fire", "must fire"), ("must not fire", "must not fire")])


@require_POST
@permission_required("ahgd_alerts.change_rule", raise_exception=True)
def mark_case(request: HttpRequest, name: str) -> HttpResponse:
    rule = get_object_or_404(Rule, name=name)
    form = MarkForm(request.POST)
    if not form.is_valid():
        messages.error(request, "No case was made: give an instance, a start, an end, and what is expected.")
        return _back(request, rule)
    asked = form.cleaned_data
    marked = Marked(asked["instance"], asked["start"], asked["end"], asked["expect"] == "must fire")
    try:
        case, outcome = mark(rule, marked)
    except MarkRefused as refused:
        messages.error(request, f"No case was made: {refused}")
    else:
        tell = messages.success if outcome.passed else messages.warning
        tell(request, f"The case “{case}” was added to the rule {rule}. As the rule is now, {outcome.message}.")
    return _back(request, rule)


def _back(request: HttpRequest, rule: Rule) -> HttpResponse:
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return redirect(asked)
    return redirect(reverse("admin:ahgd_alerts_rule_change", args=[rule.pk]))
