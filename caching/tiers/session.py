"""The session tier: values of one visitor, in Django's session or Streamlit's ``session_state``.

Which of them there is, is found at run time: Django's by ``caching.middleware.SessionScope``, Streamlit's where a
script of it runs. Neither is loaded for this. What is here never enters another tier.
"""

import base64
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from caching.codec import Envelope, NotOurs, Opened, Packed, seal, unseal
from caching.signing import Buffer, Signer
from caching.stats import Tally, TierStats

SLOT = "ahgd_cache"
django_session: ContextVar[MutableMapping[str, Any] | None] = ContextVar("django_session", default=None)
_Entries = dict[str, str | bytes]


class SessionTier:
    """At most ``most_entries`` a visitor, the oldest leave first. Without a session nothing is kept or found."""

    name = "session"

    def __init__(self, most_entries: int, is_enabled: bool = True) -> None:
        self.tally = Tally()
        self._most_entries = most_entries
        self._is_enabled = is_enabled

    def find(self, key: str, signer: Signer) -> Opened | None:
        """Raises NotOurs when something else lies there."""
        entry = self._entries().get(key)
        return unseal(_decoded(entry), key, signer) if entry is not None else None

    def write(self, envelope: Envelope, packed: Packed, signer: Signer) -> bool:
        store = self._store()
        if store is None:
            return False
        entries = self._entries()
        entries.pop(envelope.key, None)
        while len(entries) >= self._most_entries:
            entries.pop(next(iter(entries)))
            self.tally.evictions += 1
        whole = b"".join(seal(envelope, packed, signer))
        entries[envelope.key] = whole if _is_streamlit(store) else base64.b85encode(whole).decode()
        store[SLOT] = entries  # assigned, so that Django sees the change
        self.tally.writes += 1
        return True

    def delete(self, keys: list[str]) -> int:
        store, entries = self._store(), self._entries()
        found = [key for key in keys if entries.pop(key, None) is not None]
        if store is not None and found:
            store[SLOT] = entries
        return len(found)

    def keys(self) -> list[str]:
        return list(self._entries())

    def stats(self) -> TierStats:
        entries = self._entries()
        return self.tally.stats(self.name, len(entries), sum(map(len, entries.values())), None)

    def _entries(self) -> _Entries:
        store = self._store()
        entries: _Entries = dict(store.get(SLOT) or {}) if store is not None else {}
        return entries

    def _store(self) -> Any:
        if not self._is_enabled:
            return None
        return _streamlit_state() if "streamlit" in sys.modules else django_session.get()


def _streamlit_state() -> Any:
    """Of the visitor whose script runs in this thread."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return django_session.get()
    import streamlit

    return streamlit.session_state


def _is_streamlit(store: Any) -> bool:
    return type(store).__module__.startswith("streamlit")


def _decoded(entry: str | bytes) -> Buffer:
    try:
        return entry if isinstance(entry, bytes) else base64.b85decode(entry)
    except ValueError as why:
        raise NotOurs("no text of an entry") from why
