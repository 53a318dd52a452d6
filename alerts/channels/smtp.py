"""Django's SMTP back end, with one limit on the whole conversation, and memory for whom the server refused."""

import smtplib
import socket
from functools import partial
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from monitoring.deadline import Deadline

Refused = dict[str, tuple[int, bytes]]


class _Bounded(smtplib.SMTP):
    def __init__(self, *args: Any, deadline: Deadline, refused: Refused, **options: Any) -> None:
        self._deadline = deadline
        self._refused = refused
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._deadline.connect(self._deadline.resolve(host, port))

    def sendmail(self, *args: Any, **options: Any) -> Refused:
        refused: Refused = super().sendmail(*args, **options)
        self._refused.update(refused)
        return refused


class _BoundedOverTLS(_Bounded, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


class Backend(EmailBackend):
    """``refused`` holds the recipients that the server refused while it accepted the message for others."""

    def __init__(self, *, deadline: Deadline, **options: Any) -> None:
        super().__init__(**options)
        self.refused: Refused = {}
        self._deadline = deadline

    @property
    def connection_class(self) -> Any:  # a class to Django, called with host, port and options
        bounded = _BoundedOverTLS if self.use_ssl else _Bounded
        return partial(bounded, deadline=self._deadline, refused=self.refused)
