"""The kinds of channel: a new one is a file and a line here."""

from alerts.channels.alertmanager import AlertmanagerTransport
from alerts.channels.base import Destination, Message, PermanentFailure, Receipt, SettingsRefused, Transport
from alerts.channels.chat import ChatTransport
from alerts.channels.console import ConsoleTransport
from alerts.channels.email import EmailTransport
from alerts.channels.file import FileTransport
from alerts.channels.log import LogTransport
from alerts.channels.webhook import WebhookTransport
from alerts.secrets import HINT, Unreadable

TRANSPORTS: tuple[Transport, ...] = (
    LogTransport(),
    ConsoleTransport(),
    FileTransport(),
    EmailTransport(),
    WebhookTransport(),
    AlertmanagerTransport(),
    ChatTransport(),
)
_BY_KIND = {each.kind: each for each in TRANSPORTS}


def transport(kind: str) -> Transport:
    """The transport of ``kind``. Raises LookupError when there is none."""
    return _BY_KIND[kind]


def send(channel: Destination, message: Message) -> Receipt:
    """Returns once the receiver has accepted, within ``CONFIG.send_seconds`` in all.

    Raises TransientFailure, PermanentFailure (also when the settings cannot work any more), or LookupError when there
    is no such kind.
    """
    chosen = transport(channel.kind)
    try:
        chosen.check(channel.settings)
        if chosen.takes_secret:  # of an earlier kind, one may be left
            if isinstance(channel.secret, Unreadable):  # without it, what is signed would go out unsigned
                raise PermanentFailure(HINT)
            chosen.check_secret(channel.secret)
    except SettingsRefused as refused:
        raise PermanentFailure(str(refused)) from refused
    return chosen.send(message, channel.settings, channel.secret)
