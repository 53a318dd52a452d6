"""A way to reach people, with its settings; secrets are encrypted at rest."""

from django.db import models

from alerts.models.encrypted import EncryptedTextField


class Channel(models.Model):
    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        LOG = "log", "Application log"
        FILE = "file", "File"
        CONSOLE = "console", "Console"
        ALERTMANAGER = "alertmanager", "Alertmanager"
        CHAT = "chat", "Chat (Apprise)"

    name = models.SlugField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    enabled = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True, help_text="What this kind needs: recipients, url or path.")
    secret = EncryptedTextField(blank=True, help_text="What signs or opens it. Written, never shown.")
    fallback = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stands_in_for",
        help_text="Told in its place while this channel does not work.",
    )
    hint = models.CharField(max_length=300, blank=True, editable=False, help_text="What is missing to use it.")
    unhealthy_since = models.DateTimeField(null=True, blank=True, editable=False)
    probe_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When one message tries again whether it works."
    )
    last_error = models.TextField(blank=True, editable=False)
    last_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    seeded_from = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
