"""What the rule form asks while somebody writes: is this a condition, what does it say now, which words are there."""

from dataclasses import asdict

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.conditions.vocabulary import FACTS, FUNCTIONS, METHODS
from alerts.conditions.windows import WINDOW_FUNCTIONS
from alerts.drafts import draft
from monitoring import catalogue, series

_MAY_SEE = permission_required("ahgd_alerts.view_rule", raise_exception=True)


@require_POST
@_MAY_SEE
def check(request: HttpRequest) -> JsonResponse:
    """``condition`` as the form has it now. The text is refused when too long before it is looked at."""
    return JsonResponse(asdict(draft(request.POST.get("condition", ""), timezone.now())))


@require_safe
@_MAY_SEE
def words(request: HttpRequest) -> JsonResponse:
    """Words of the language, each with its kind, and names of metrics."""
    declared = {definition.name for definition in catalogue.CATALOGUE}
    return JsonResponse(
        {
            "fact": sorted(FACTS),
            "function": sorted({*FUNCTIONS, *WINDOW_FUNCTIONS}),
            "method": sorted(METHODS),
            "metric": sorted(declared | set(series.names())),
        }
    )
