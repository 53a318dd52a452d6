"""What every kind of channel agrees on: a message goes in; a receipt or a typed failure comes out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

ChannelSettings = Mapping[str, Any]


class DeliveryFailed(Exception):
    """The message did not arrive. ``reason`` is shown to people, so it names no secret and no path of an address.

    ``told`` are recipients that accepted it in this attempt, while others did not.
    """

    def __init__(self, reason: str, told: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.told = told


class TransientFailure(DeliveryFailed):
    """It may work later. ``retry_after_seconds`` is how long the receiver asked to be left alone."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None, told: tuple[str, ...] = ()) -> None:
        super().__init__(reason, told)
        self.retry_after_seconds = retry_after_seconds


class PermanentFailure(DeliveryFailed):
    """It fails until a person changes something."""


class SettingsRefused(ValueError):
    """The settings of a channel cannot work; the text says what is missing or unknown."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receiver said when it accepted; ``warning`` names recipients that it refused for good.

    ``told`` are those it accepted for then.
    """

    answer: str
    warning: str = ""
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.answer}; {self.warning}" if self.warning else self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told. All but ``attempted_at``, ``told`` and ``note`` is equal on every attempt of the same delivery."""

    delivery_id: str
    kind: str
    """``firing`` or ``resolved``."""
    channel: str
    rule: str
    severity: str
    """low, medium, high or critical."""
    subject: str
    """The series or health check, as people read it."""
    fingerprint: str
    labels: Mapping[str, str]
    value: float | None
    summary: str
    description: str
    reason: str
    """Why it resolved; empty while it fires."""
    opened_at: datetime
    resolved_at: datetime | None
    attempted_at: datetime
    alert_id: int | None
    """None when this only tries the channel out."""
    url: str
    runbook_url: str
    told: tuple[str, ...] = ()
    """Recipients that accepted it in an earlier attempt; they are not sent it again."""
    only_to: tuple[str, ...] | None = None
    """Where set, who may hear it now: of the end, those who heard of the beginning. The others' turn comes later."""
    note: str = ""
    """Why it comes this way, such as in place of a channel that does not work."""
    members: tuple["Message", ...] = ()
    """What a message about several alerts tells of each of them; all of it, and empty for a message about one."""

    @property
    def parts(self) -> tuple["Message", ...]:
        """A message for each alert it is about."""
        return self.members or (self,)

    @property
    def is_resolved(self) -> bool:
        return self.kind == "resolved"

    @property
    def instance_key(self) -> str:
        """16 letters and digits that a rule and its series share from firing to end, and with no other."""
        return hashlib.blake2b(f"{self.rule}\n{self.fingerprint}".encode(), digest_size=8).hexdigest()

    @property
    def headline(self) -> str:
        """One line that stands alone in a list of mails or a log."""
        word = "Resolved" if self.is_resolved else self.severity.capitalize()
        return one_line(f"[{word}] {self.rule}: {self.subject}")

    @property
    def news(self) -> str:
        """What is to be said now: the summary is of the moment it fired, so a resolve puts it in the past."""
        news = "\n".join(f"- {part.headline}: {part.own_news}" for part in self.members) or self.own_news
        if len(self.members) > 1:
            news = f"{len(self.members)} alerts:\n{news}"
        return f"{news} ({self.note})" if self.note else news

    @property
    def own_news(self) -> str:
        """As ``news``, of the first alert only and without the note."""
        why = f": {self.reason}" if self.reason else ""
        return f"Resolved{why}. It fired with: {self.summary}" if self.is_resolved else self.summary

    def facts(self) -> dict[str, Any]:
        """The message as plain JSON values; times as ISO 8601 in UTC."""
        return {
            "delivery_id": self.delivery_id,
            "kind": self.kind,
            "rule": self.rule,
            "severity": self.severity,
            "subject": self.subject,
            "labels": dict(self.labels),
            "value": self.value,
            "summary": self.summary,
            "reason": self.reason,
            "note": self.note,
            "opened_at": self.opened_at.isoformat(),
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at is not None else None,
            "alert_id": self.alert_id,
            "url": self.url,
            "runbook_url": self.runbook_url,
            **({"members": [part.facts() for part in self.members]} if self.members else {}),
        }


class Destination(Protocol):
    """Where a message goes: a row of ``Channel``, of which the kinds need no more than this."""

    kind: str
    settings: ChannelSettings
    secret: str


class Transport:
    """One kind of channel. It holds no state between messages, so threads may share it."""

    kind: ClassVar[str]
    """The value of ``Channel.kind`` it serves."""
    known: ClassVar[frozenset[str]] = frozenset()
    """The names that its settings may have."""
    takes_secret: ClassVar[bool] = False
    needs_secret: ClassVar[bool] = False
    """Whether it cannot work without one."""

    def check(self, settings: ChannelSettings) -> None:
        """Raises SettingsRefused when these settings, whose names are known, cannot work."""

    def check_secret(self, secret: str) -> None:
        """Raises SettingsRefused when this kind, which takes one, cannot use ``secret``; empty is always allowed."""

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        """Returns once the receiver has accepted, within ``CONFIG.send_seconds`` in all; what it is given was checked.

        Raises TransientFailure or PermanentFailure.
        """
        raise NotImplementedError


def one_line(text: str, longest: int = 300) -> str:
    """``text`` without line breaks and control characters, cut at ``longest``."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
