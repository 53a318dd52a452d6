"""The three roles, as Django groups: what each may do, by permission."""

from django.apps.registry import Apps

VIEW = (
    "ahgd_alerts.view_alert",
    "ahgd_alerts.view_alertevent",
    "ahgd_alerts.view_attempt",
    "ahgd_alerts.view_channel",
    "ahgd_alerts.view_escalation",
    "ahgd_alerts.view_escalationpolicy",
    "ahgd_alerts.view_escalationstep",
    "ahgd_alerts.view_instance",
    "ahgd_alerts.view_maintenancewindow",
    "ahgd_alerts.view_notification",
    "ahgd_alerts.view_rule",
    "ahgd_alerts.view_silence",
    "ahgd_monitoring.view_excludedinterval",
    "ahgd_monitoring.view_healthcheckstate",
    "ahgd_monitoring.view_healthday",
    "ahgd_monitoring.view_healthrecord",
    "ahgd_monitoring.view_hold",
    "ahgd_monitoring.view_lease",
    "ahgd_monitoring.view_metric",
    "ahgd_monitoring.view_metricchunk",
    "ahgd_monitoring.view_metricsnapshot",
    "ahgd_monitoring.view_processstate",
    "ahgd_monitoring.view_readgap",
    "ahgd_monitoring.view_series",
    "ahgd_monitoring.view_watchedcheck",
)
OPERATE = (
    "ahgd_alerts.acknowledge_alert",
    "ahgd_alerts.resolve_alert",
    "ahgd_alerts.add_silence",
    "ahgd_alerts.change_silence",
    "ahgd_ops.invalidate_cache",
)
ADMINISTERED_APPS = ("ahgd_alerts", "ahgd_monitoring", "ahgd_ops", "auditlog", "auth", "axes", "django_celery_beat")


def ensure_groups(apps: Apps) -> None:
    """Makes the groups and gives them what they lack; takes nothing away that people gave.

    Called by a migration each time a release adds permissions; those of models yet to come are left to its own call.
    """
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    by_name = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in permission_model.objects.select_related("content_type")
    }
    administer = [name for name in by_name if name.split(".")[0] in ADMINISTERED_APPS]
    for name, granted in (("Viewer", VIEW), ("Operator", VIEW + OPERATE), ("Administrator", administer)):
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(*(by_name[permission] for permission in granted if permission in by_name))
