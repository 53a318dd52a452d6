"""The kinds of channel: a new one is a file and a line here."""

from alerts.channels.base import Transport
from alerts.channels.console import ConsoleTransport
from alerts.channels.email import EmailTransport
from alerts.channels.file import FileTransport
from alerts.channels.log import LogTransport
from alerts.channels.webhook import WebhookTransport

TRANSPORTS: tuple[Transport, ...] = (
    LogTransport(),
    ConsoleTransport(),
    FileTransport(),
    EmailTransport(),
    WebhookTransport(),
)
_BY_KIND = {each.kind: each for each in TRANSPORTS}


def transport(kind: str) -> Transport:
    """The transport of ``kind``. Raises LookupError when there is none."""
    return _BY_KIND[kind]
