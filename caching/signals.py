"""News for whoever wants to hear it, without knowing who; usable without Django and without settings."""

import logging
from collections.abc import Callable, Hashable
from typing import Any

log = logging.getLogger(__name__)

Receiver = Callable[..., object]


class Signal:
    """As Django's, in its plainest form: receivers are called in turn, in the thread that sends, and held strongly."""

    def __init__(self) -> None:
        self._receivers: dict[Hashable, Receiver] = {}

    def connect(self, receiver: Receiver, dispatch_uid: str = "") -> None:
        """Connecting twice, or twice with the same ``dispatch_uid``, is connecting once."""
        self._receivers = self._receivers | {dispatch_uid or receiver: receiver}

    def disconnect(self, receiver: Receiver | None = None, dispatch_uid: str = "") -> bool:
        kept = {uid: one for uid, one in self._receivers.items() if uid != (dispatch_uid or receiver)}
        was_connected, self._receivers = len(kept) < len(self._receivers), kept
        return was_connected

    def send(self, sender: Any, **news: Any) -> None:
        """A receiver that raises is logged; it stops neither the others nor the sender."""
        for receiver in self._receivers.values():
            try:
                receiver(sender=sender, **news)
            except Exception:  # the edge of the loop: a query is not to fail for who listens
                log.exception("A receiver of a signal failed.")


query_executed = Signal()
"""A query tool ran a statement."""
