"""Addresses of the alerts pages, under /ops/alerts/."""

from django.urls import path

from alerts.views import actions, cases, drafts, explaining, pages, replays, runbooks, several, silences

app_name = "alerts"
urlpatterns = [
    path("", pages.active, name="active"),
    path("silenced/", silences.silenced, name="silenced"),
    path("history/", pages.history, name="history"),
    path("conditions/check/", drafts.check, name="check-condition"),
    path("rules/<slug:name>/explain/", explaining.explain_rule, name="explain"),
    path("rules/replay/", replays.replay_draft, name="replay-draft"),
    path("conditions/words/", drafts.words, name="condition-words"),
    path("runbooks/<slug:name>/", runbooks.runbook, name="runbook"),
    path("rules/<slug:name>/cases/", cases.mark_case, name="mark-case"),
    path("several/", several.several, name="several"),
    path("messages/<int:notification_id>/again/", actions.send_again, name="send-again"),
    path("<int:alert_id>/", pages.detail, name="detail"),
    path("<int:alert_id>/acknowledge/", actions.acknowledge, name="acknowledge"),
    path("<int:alert_id>/give-back/", actions.give_back, name="give-back"),
    path("<int:alert_id>/resolve/", actions.resolve, name="resolve"),
    path("<int:alert_id>/silence/", silences.silence_alert, name="silence"),
]
