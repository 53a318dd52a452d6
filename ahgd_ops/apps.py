from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "ahgd_ops"
    label = "ahgd_ops"
    verbose_name = "Access"

    def ready(self) -> None:
        from ahgd_ops import checks, receivers  # noqa: F401  (connected by being loaded, once the models are)
