from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "caching"
    label = "ahgd_caching"
    verbose_name = "Caching"
