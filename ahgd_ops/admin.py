"""API tokens in the admin: the token is shown once, when it is made."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from ahgd_ops.access import tokens
from ahgd_ops.models import ApiToken


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=ApiToken.Scope, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiToken
        fields = ("name", "scopes", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    form = TokenForm
    list_display = ("name", "scopes", "owner", "created_at", "expires_at", "last_used_at")
    list_select_related = ("owner",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # delete it and make another

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        text = tokens.new_text()
        obj.owner = request.user  # type: ignore[assignment]  # the admin lets in users only
        obj.digest = tokens.digest(text)
        super().save_model(request, obj, form, change)
        self.message_user(request, f"The token, shown only now: {text}", messages.WARNING)
