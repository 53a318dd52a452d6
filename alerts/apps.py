from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"
    label = "ahgd_alerts"
    verbose_name = "Alerting"
    default_auto_field = "django.db.models.BigAutoField"
