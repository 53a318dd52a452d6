"""What follows from sign-ins, sign-outs and failures: a line in the audit log, and the end of the first link."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from ahgd_ops.access.first_sign_in import withdraw_link


def _log(user: User, action: str, request: HttpRequest | None) -> None:
    address = request.META.get("REMOTE_ADDR") if request else None
    LogEntry.objects.log_create(
        user,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        actor=user,
        remote_addr=address,
        additional_data={"action": action},
    )


@receiver(user_logged_in, dispatch_uid="ahgd_ops.signed_in")
def log_sign_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    _log(user, "signed in", request)


@receiver(user_logged_in, dispatch_uid="ahgd_ops.first_sign_in")
def end_first_link(sender: Any, user: User, **kwargs: Any) -> None:
    """The link is for an administrator who never came in."""
    if user.is_superuser:
        withdraw_link()


@receiver(user_logged_out, dispatch_uid="ahgd_ops.signed_out")
def log_sign_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _log(user, "signed out", request)


@receiver(user_login_failed, dispatch_uid="ahgd_ops.sign_in_failed")
def log_failure(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    user = User.objects.filter(username=credentials.get("username", "")).first()
    if user is not None:  # names that do not exist are kept by django-axes
        _log(user, "sign-in failed", request)
