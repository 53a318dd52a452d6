"""Going back to an earlier version of a rule in the admin: its history, with a page that shows what would change."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from simple_history.admin import SimpleHistoryAdmin

from alerts.cases.running import failures
from alerts.models import Rule
from alerts.rulefiles import versions


class Restoring(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    """An admin of rules whose versions can be restored."""

    def get_urls(self) -> list[URLPattern]:
        address = "<int:pk>/history/<int:number>/restore/"
        view = self.admin_site.admin_view(self.restore)
        return [path(address, view, name="ahgd_alerts_rule_restore"), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_restore = {"may_restore": self.has_change_permission(request)}
        page: HttpResponse = super().history_view(request, object_id, {**(extra_context or {}), **may_restore})
        return page

    def restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        rule = get_object_or_404(Rule, pk=pk)
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        try:
            version = versions.find(rule.name, number)
            if request.method == "POST":
                return self._restored(request, versions.restore(rule.name, version, request.user), version)
        except versions.VersionUnusable as unusable:
            self.message_user(request, str(unusable), messages.ERROR)
            return redirect("admin:ahgd_alerts_rule_history", pk)
        diff = versions.change_to(rule.name, version).diff
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": f"Restore {rule.name}"}
        return TemplateResponse(
            request, "admin/alerts/restore.html", {**context, "rule": rule, "version": version, "diff": diff}
        )

    def _restored(self, request: HttpRequest, rule: Rule, version: versions.Version) -> HttpResponse:
        self.message_user(request, f"The rule {rule.name} is as it was on {version.at:%Y-%m-%d at %H:%M:%S} UTC.")
        for failure in failures(rule):
            self.message_user(request, f"Restored, but {failure}.", messages.WARNING)
        return redirect("admin:ahgd_alerts_rule_change", rule.pk)
