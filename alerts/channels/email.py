"""E-mail through the server of the settings, as text and as HTML; every attempt has the same Message-ID."""

import smtplib
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string

from alerts.channels.base import (
    ChannelSettings,
    Message,
    PermanentFailure,
    Receipt,
    SettingsRefused,
    TransientFailure,
    Transport,
    one_line,
)
from alerts.channels.deadline import Deadline
from alerts.channels.smtp import Backend, Refused

_MOST_RECIPIENTS = 50
_TEMPLATES = "notifications/email"


class EmailTransport(Transport):
    kind = "email"
    known = frozenset({"recipients"})

    def check(self, settings: ChannelSettings) -> None:
        recipients = settings.get("recipients")
        if not isinstance(recipients, list) or not 1 <= len(recipients) <= _MOST_RECIPIENTS:
            raise SettingsRefused(
                f'Give 1 to {_MOST_RECIPIENTS} recipients as a list: {{"recipients": ["ops@example.com"]}}.'
            )
        for address in recipients:
            try:
                validate_email(address)
            except ValidationError:
                raise SettingsRefused(f"{address!r} is not an e-mail address.") from None

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        if not django_settings.EMAIL_HOST:
            raise PermanentFailure("there is no mail server: set AHGD_SMTP_HOST and start again")
        with Deadline(django_settings.CONFIG.send_seconds) as deadline:
            backend = Backend(deadline=deadline)
            return _send(compose(message, settings["recipients"]), backend, deadline)


def compose(message: Message, recipients: list[str]) -> EmailMultiAlternatives:
    """The mail of ``message``. Mails of one alert refer to a common id, so that readers show them as a thread."""
    sender = django_settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{message.delivery_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    if message.alert_id is not None:
        headers["References"] = f"<alert-{message.alert_id}@{domain}>"
    context: dict[str, Any] = {"message": message, "origin": django_settings.CONFIG.origin}
    mail = EmailMultiAlternatives(
        message.headline, render_to_string(f"{_TEMPLATES}.txt", context), sender, recipients, headers=headers
    )
    mail.attach_alternative(render_to_string(f"{_TEMPLATES}.html", context), "text/html")
    return mail


def _send(mail: EmailMultiAlternatives, backend: Backend, deadline: Deadline) -> Receipt:
    try:
        backend.send_messages([mail])
    except smtplib.SMTPAuthenticationError as error:
        raise PermanentFailure(f"the mail server refused user name or password: {_said(error.smtp_error)}") from error
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentFailure(f"the mail server lacks what AHGD_SMTP_TLS or a login needs: {error}") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _failure(min(code for code, _ in error.recipients.values()), _list(error.recipients)) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, f"{error.smtp_code} {_said(error.smtp_error)}") from error
    except OSError as error:  # of which the other errors of smtplib are some
        raise TransientFailure(_trouble(error, deadline)) from error
    finally:
        with suppress(OSError):  # Django leaves a connection open whose login failed
            backend.close()
    return _receipt(len(mail.recipients()), backend.refused)


def _receipt(count: int, refused: Refused) -> Receipt:
    warning = f"refused {_list(refused)}" if refused else ""
    return Receipt(f"{django_settings.EMAIL_HOST} accepted it for {count - len(refused)} of {count}", warning)


def _failure(code: int, said: str) -> PermanentFailure | TransientFailure:
    """RFC 5321: 5yz is for good, 4yz may pass."""
    reason = one_line(f"{django_settings.EMAIL_HOST}: {said}")
    return PermanentFailure(reason) if code >= 500 else TransientFailure(reason)


def _trouble(error: OSError, deadline: Deadline) -> str:
    if deadline.has_passed:
        return f"{django_settings.EMAIL_HOST}: no answer within {deadline.seconds:g} s"
    return one_line(f"{django_settings.EMAIL_HOST}: {error.strerror or str(error) or type(error).__name__}")


def _list(refused: Refused) -> str:
    return ", ".join(f"{address} ({code} {_said(text)})" for address, (code, text) in refused.items())


def _said(answer: bytes | str) -> str:
    return one_line(answer.decode(errors="replace") if isinstance(answer, bytes) else answer, longest=150)
