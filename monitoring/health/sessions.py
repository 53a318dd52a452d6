"""The session state of a watched Streamlit application, when the checks run in its process."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from monitoring.health.base import Check
from monitoring.health.status import Finding
from monitoring.models import Status

_MIB = 1024**2
_MOST_DEPTH = 4
_MOST_ITEMS = 1000


@dataclass
class SessionState(Check):
    """Keys and size of ``st.session_state``, which Streamlit holds in memory for each visitor."""

    name: ClassVar[str] = "session_state"
    runs_here: ClassVar[bool] = True  # Streamlit binds a session to the thread of its script
    warning_keys: int = 100
    warning_mb: float = 100

    @property
    def is_enabled(self) -> bool:
        return "streamlit" in sys.modules

    def find(self, now: datetime) -> Finding:
        state = _session_state()
        if state is None:
            return Finding(Status.UNKNOWN, "No session: this thread runs no script of Streamlit's")
        size_mb = sum(size_bytes(value) for value in state.values()) / _MIB
        is_large = len(state) >= self.warning_keys or size_mb >= self.warning_mb
        facts = {"keys": len(state), "size_mb": round(size_mb, 2)}
        text = (
            f"{len(state)} keys, {size_mb:.1f} MiB; large from {self.warning_keys} keys or {self.warning_mb:g} MiB on"
        )
        return Finding(Status.WARNING if is_large else Status.HEALTHY, text, facts)


def _session_state() -> dict[str, Any] | None:
    """What the running script holds, or None outside of one."""
    streamlit: Any = sys.modules["streamlit"]
    if streamlit.runtime.scriptrunner.get_script_run_ctx(suppress_warning=True) is None:
        return None
    return dict(streamlit.session_state)


def size_bytes(value: Any, depth: int = 0) -> int:
    """About how much memory a value holds: frames and arrays say so themselves, containers are looked into."""
    usage = getattr(value, "memory_usage", None)
    if callable(usage) and hasattr(value, "columns"):
        return int(usage(deep=True).sum())
    if isinstance(getattr(value, "nbytes", None), int):
        return int(value.nbytes)
    own = sys.getsizeof(value)
    if depth >= _MOST_DEPTH or not isinstance(value, dict | list | tuple | set | frozenset):
        return own
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)
    looked_at = parts[:_MOST_ITEMS]
    inside = sum(size_bytes(part, depth + 1) for part in looked_at)
    return own + inside * len(parts) // max(1, len(looked_at))
