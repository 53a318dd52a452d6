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
from alerts.channels.smtp import Backend, Refused
from monitoring.deadline import Deadline

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
            receipt = _send(compose(message, settings["recipients"]), message, Backend(deadline=deadline), deadline)
        waiting = [address for address in settings["recipients"] if not _may_hear(message, address)]
        if waiting:
            told = tuple(address for address in settings["recipients"] if address not in waiting)
            raise TransientFailure(f"{', '.join(waiting)} has still to hear that it fired", told=told)
        return receipt


def compose(message: Message, recipients: list[str]) -> EmailMultiAlternatives:
    """The mail of ``message``. Mails of one alert refer to a common id, so that readers show them as a thread.

    Who was told in an earlier attempt still stands in the head, and gets it no second time.
    """
    sender = django_settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{message.delivery_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "To": ", ".join(recipients),
    }
    untold = [address for address in recipients if address not in message.told and _may_hear(message, address)]
    if message.alert_id is not None:
        headers["References"] = f"<alert-{message.alert_id}@{domain}>"
    context: dict[str, Any] = {"message": message, "origin": django_settings.CONFIG.origin}
    mail = EmailMultiAlternatives(
        message.headline, render_to_string(f"{_TEMPLATES}.txt", context), sender, untold, headers=headers
    )
    mail.attach_alternative(render_to_string(f"{_TEMPLATES}.html", context), "text/html")
    return mail


def _may_hear(message: Message, address: str) -> bool:
    return message.only_to is None or address in message.only_to


def _send(mail: EmailMultiAlternatives, message: Message, backend: Backend, deadline: Deadline) -> Receipt:
    if not mail.to:
        return Receipt("every recipient has it")
    try:
        backend.send_messages([mail])
    except smtplib.SMTPAuthenticationError as error:
        raise PermanentFailure(f"the mail server refused user name or password: {_said(error.smtp_error)}") from error
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentFailure(f"the mail server lacks what AHGD_SMTP_TLS or a login needs: {error}") from error
    except smtplib.SMTPRecipientsRefused as error:
        return _judge(mail.to, dict(error.recipients), message.told)
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, f"{error.smtp_code} {_said(error.smtp_error)}") from error
    except OSError as error:  # of which the other errors of smtplib are some
        raise TransientFailure(_trouble(error, deadline)) from error
    finally:
        with suppress(OSError):  # Django leaves a connection open whose login failed
            backend.close()
    return _judge(mail.to, backend.refused, message.told)


def _judge(recipients: list[str], refused: Refused, told_before: tuple[str, ...]) -> Receipt:
    """Accepted, also when some recipients are refused for good and others have it.

    Raises TransientFailure while a refusal may pass, PermanentFailure when nobody can be told.
    """
    told = tuple(address for address in recipients if address not in refused)
    if any(code < 500 for code, _ in refused.values()):
        raise TransientFailure(_reason(f"refused {_list(refused)}"), told=told)
    if not told and not told_before:
        raise PermanentFailure(_reason(f"refused {_list(refused)}"))
    warning = f"refused {_list(refused)}" if refused else ""
    return Receipt(
        f"{django_settings.EMAIL_HOST} accepted it for {len(told)} of {len(recipients)}",
        warning,
        told if refused else (),
    )


def _failure(code: int, said: str) -> PermanentFailure | TransientFailure:
    """RFC 5321: 5yz is for good, 4yz may pass."""
    return PermanentFailure(_reason(said)) if code >= 500 else TransientFailure(_reason(said))


def _reason(said: str) -> str:
    return one_line(f"{django_settings.EMAIL_HOST}: {said}")


def _trouble(error: OSError, deadline: Deadline) -> str:
    if deadline.has_passed:
        return f"{django_settings.EMAIL_HOST}: no answer within {deadline.seconds:g} s"
    return _reason(error.strerror or str(error) or type(error).__name__)


def _list(refused: Refused) -> str:
    return ", ".join(f"{address} ({code} {_said(text)})" for address, (code, text) in refused.items())


def _said(answer: bytes | str) -> str:
    return one_line(answer.decode(errors="replace") if isinstance(answer, bytes) else answer, longest=150)
