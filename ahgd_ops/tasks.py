from celery import shared_task
from django.conf import settings
from django.core.management import call_command


@shared_task(name="ahgd_ops.clear_sessions")
def clear_sessions() -> None:
    if settings.CONFIG.session_cleanup_enabled:
        call_command("clearsessions")
