"""API tokens in the admin: issued here and shown once, with what they may do, when they were used, and revoked."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ahgd_ops.access import tokens
from ahgd_ops.models import ApiToken


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope,
        widget=forms.CheckboxSelectMultiple,
        help_text="What it may do, as far as your own role may. Choose as little as it needs.",
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scopes", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    form = TokenForm
    list_display = ("name", "state", "may", "owner", "created_at", "expires_at", "last_used_at")
    list_filter = (("last_used_at", admin.EmptyFieldListFilter), "owner")
    list_select_related = ("owner",)
    search_fields = ("name",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoke it and make another

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_delete_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.text = tokens.new_text()  # for the answer to this request; only its digest is kept
        obj.owner = request.user
        obj.digest = tokens.digest(obj.text)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page that shows the token, once: it is in no message, no cookie and no address."""
        shown = {
            **self.admin_site.each_context(request),
            "title": f"Token {obj.name}",
            "token": obj,
            "origin": settings.CONFIG.origin,
        }
        return TemplateResponse(request, "admin/ahgd_ops/apitoken/issued.html", shown)

    @admin.display(description="state")
    def state(self, token: ApiToken) -> SafeString:
        if token.expires_at is not None and token.expires_at <= timezone.now():
            return format_html('<span class="badge badge-none">◌ {}</span>', "expired or revoked")
        if not token.owner.is_active:
            return format_html('<span class="badge badge-none">◌ {}</span>', "its owner is deactivated")
        return format_html('<span class="badge badge-ok">✓ {}</span>', "in force")

    @admin.display(description="may")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes) or "nothing"

    @admin.action(description="Revoke the selected tokens, from now on", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        now = timezone.now()
        alive = chosen.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        for token in alive:  # saved one by one, so that the audit log names each
            token.expires_at = now
            token.save(update_fields=["expires_at"])
        self.message_user(request, f"Revoked {len(alive)} token(s).")
