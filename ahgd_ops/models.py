"""API tokens, of which only a digest is kept, and the cache as a subject of permissions."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A bearer token with scopes; the token itself is shown once, when it is made."""

    class Scope(models.TextChoices):
        METRICS_READ = "metrics:read", "Read /metrics and series"
        METRICS_WRITE = "metrics:write", "Push samples to /api/metrics"
        HEALTH_READ = "health:read", "Read health details"
        ALERTS_READ = "alerts:read", "Read alerts"
        ALERTS_ACKNOWLEDGE = "alerts:acknowledge", "Acknowledge alerts and give them back"
        ALERTS_SILENCE = "alerts:silence", "Silence alerts"
        ALERTS_RESOLVE = "alerts:resolve", "Resolve alerts by hand"
        RULES_READ = "rules:read", "Replay and explain rules"
        RULES_WRITE = "rules:write", "Add cases to rules"

    name = models.CharField(max_length=100, unique=True, help_text="Who or what uses it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Refused from then on; empty for never.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Cache(models.Model):
    """The cache, as what permissions and the audit log speak of. It has no table."""

    name = models.CharField(max_length=510, primary_key=True)

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (("invalidate_cache", "Can invalidate the cache"),)
        verbose_name = verbose_name_plural = "cache"

    def __str__(self) -> str:
        return self.name
