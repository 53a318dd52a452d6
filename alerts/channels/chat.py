"""Chat and paging services through Apprise, each message in a process of its own that can be killed.

Apprise opens its own connections, so what it may reach is decided before: services at an address of their own, and
hosts that ``AHGD_CHAT_ALLOW`` names. The address holds the tokens, so it is the channel's secret.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings as django_settings

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
from alerts.channels.chat_services import ARGUMENTS, FIXED, HOSTED, MICROSOFT, NTFY_CLOUD, PAGING, deduplicated
from alerts.channels.http import is_worth_a_retry, without_tokens

SENDER = Path(__file__).with_name("chat_sender.py")
_HANDED_ON = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Of our environment; the rest of it may be secret."""


class ChatTransport(Transport):
    kind = "chat"
    takes_secret = True
    needs_secret = True

    def check_secret(self, secret: str) -> None:
        if secret:
            Service.parse(secret).check(django_settings.CONFIG.chat_allow)

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        if not secret:
            raise PermanentFailure("there is no address: enter one of Apprise's, such as slack://…, as the secret")
        service = Service.parse(secret)
        answer = _run([_asked(part, service, secret) for part in parts_for(message, service.scheme)], service)
        return _judge(answer, service, secret)


def parts_for(message: Message, scheme: str) -> tuple[Message, ...]:
    """A paging service opens and closes alerts one by one, so each is an event of its own; others take one message."""
    return message.parts if scheme in PAGING else (message,)


def _asked(message: Message, service: "Service", secret: str) -> dict[str, str]:
    return {
        "url": deduplicated(service.scheme, secret, message.instance_key),
        "title": message.headline,
        "body": "\n".join(part for part in (message.news, message.url, message.runbook_url) if part),
        "type": "success" if message.is_resolved else _TYPES[message.severity],
    }


_TYPES = {"low": "info", "medium": "warning", "high": "failure", "critical": "failure"}


@dataclass(frozen=True, slots=True)
class Service:
    """An address of Apprise, taken apart as far as it decides where a message goes."""

    scheme: str
    host: str
    arguments: frozenset[str]
    is_cloud: bool
    """Of a scheme that takes a host: whether it names none, and means the service's own."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises SettingsRefused."""
        try:
            parts = urlsplit(url)
            port = parts.port if parts.scheme in HOSTED else None
        except ValueError:
            raise SettingsRefused("The address cannot be read; see the service's page at appriseit.com.") from None
        names = frozenset(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        host = (parts.hostname or "").lower()
        alone = parts.path.strip("/") == "" and port is None and parts.username is None and "." not in host
        return cls(parts.scheme, f"{host}:{port}" if port else host, names, alone)

    def check(self, allowed_hosts: tuple[str, ...]) -> None:
        """Raises SettingsRefused unless the service is known and the host is one that messages may go to."""
        if self.scheme not in FIXED | HOSTED:
            known = ", ".join(sorted(FIXED | HOSTED))
            raise SettingsRefused(f"The address has to start with one of these, and ://: {known}.")
        unknown = sorted(self.arguments.difference(ARGUMENTS))
        if unknown:
            raise SettingsRefused(f"{unknown[0]!r} is not allowed after the ?; allowed are {', '.join(ARGUMENTS)}.")
        if self.scheme in HOSTED and not self._may_reach(allowed_hosts):
            raise SettingsRefused(
                f"{self.host or 'No host'} may not be reached with {self.scheme}://. "
                "AHGD_CHAT_ALLOW names the hosts that may."
            )

    def _may_reach(self, allowed_hosts: tuple[str, ...]) -> bool:
        if self.host in {host.lower() for host in allowed_hosts}:
            return True
        if self.scheme.startswith("ntfy"):
            return self.host == NTFY_CLOUD or (self.is_cloud)
        return self.scheme.startswith("workflow") and self.host.endswith(MICROSOFT)


def _run(asked: list[dict[str, str]], service: Service) -> dict[str, Any]:
    """What the sender says. Raises TransientFailure when it had to be killed, or ended without a word."""
    seconds = django_settings.CONFIG.send_seconds
    command = [sys.executable, "-I", str(SENDER)]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
        )
        said: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:  # from None: its text has the address in it
        raise TransientFailure(f"{service.scheme}: no answer within {seconds:g} s") from None
    except ValueError:
        raise TransientFailure(f"{service.scheme}: the sending process ended with {done.returncode}") from None
    return said


def _judge(answer: dict[str, Any], service: Service, url: str) -> Receipt:
    said = one_line(without_tokens(str(answer["said"]), url))
    if answer["accepted"]:
        return Receipt(f"{service.scheme} accepted it")
    if not answer["is_readable"]:
        raise PermanentFailure(f"Apprise cannot use this {service.scheme} address: {said}")
    reason = f"{service.scheme}: {said or 'not accepted'}"
    status = answer["status"]
    if status is not None and not is_worth_a_retry(status):
        raise PermanentFailure(reason)
    raise TransientFailure(reason)
