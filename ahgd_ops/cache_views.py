"""The cache's page, and its invalidation: asked for, shown what it will hit, confirmed, and audited."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ahgd_ops import cache_page
from ahgd_ops.models import Cache
from ahgd_ops.reading import VIEW_MONITORING
from alerts.audit import audit
from caching import get_cache_manager
from caching.names import matching

INVALIDATE = "ahgd_ops.invalidate_cache"
KINDS = (("tag", "Tag"), ("pattern", "Pattern of keys"))
_SHOWN_KEYS = 20


class InvalidateForm(forms.Form):
    """What to invalidate; ``confirmed`` once the person has seen what that is."""

    kind = forms.ChoiceField(choices=KINDS)
    name = forms.CharField(
        max_length=500,
        strip=False,
        error_messages={"required": "Say which tag, or a pattern of keys such as sa2:*."},
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)


@require_safe
@permission_required(VIEW_MONITORING, raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, InvalidateForm(initial={"kind": "tag"}))


@require_POST
def invalidate(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(INVALIDATE):
        raise PermissionDenied("Your role may not invalidate the cache. Ask an administrator for the role Operator.")
    form = InvalidateForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    kind, name = form.cleaned_data["kind"], form.cleaned_data["name"]
    if not form.cleaned_data["confirmed"]:
        return render(request, "console/cache_confirm.html", {"kind": kind, "name": name} | _preview(kind, name))
    _carry_out(request, kind, name)
    return redirect("cache")


def _page(request: HttpRequest, form: InvalidateForm, status: int = 200) -> HttpResponse:
    shown = {
        "tiers": cache_page.rows(timezone.now()),
        "form": form,
        "kinds": KINDS,
        "may_invalidate": request.user.has_perm(INVALIDATE),
    }
    return render(request, "console/cache.html", shown, status=status)


def _preview(kind: str, name: str) -> dict[str, Any]:
    """Keys that a pattern hits now; what carries a tag is not listed anywhere, which is why that takes no time."""
    if kind == "tag":
        return {"count": None, "keys": []}
    keys = sorted(matching(name, get_cache_manager().keys()))
    return {"count": len(keys), "keys": keys[:_SHOWN_KEYS], "more": max(len(keys) - _SHOWN_KEYS, 0)}


def _carry_out(request: HttpRequest, kind: str, name: str) -> None:
    manager = get_cache_manager()
    if kind == "tag":
        is_told = manager.invalidate_tag(name)
        messages.success(request, f"What carries the tag {name} is invalid now.")
    else:
        count = manager.invalidate_pattern(name)
        is_told = not manager.left_out()
        messages.success(request, f"{count} {'entry' if count == 1 else 'entries'} deleted.")
    if not is_told:
        messages.warning(request, "A tier could not be told. It will be before anything is read from it again.")
    audit(Cache(name=f"{kind} {name}"[:500]), "invalidated", actor=request.user)
