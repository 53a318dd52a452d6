from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
    label = "ahgd_monitoring"
    verbose_name = "Monitoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from monitoring import receivers

        receivers.connect()
