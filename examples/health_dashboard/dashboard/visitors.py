"""Who is here: Streamlit tells of no end of a session, so one that asked for nothing in five minutes has left."""

import threading
import time
import uuid

import streamlit as st

from dashboard.watching import watched

GONE_AFTER_SECONDS = 300.0


class Visitors:
    """Thread-safe: each session runs on a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    def note(self, visitor: str, now: float) -> int:
        """How many there are, with this one."""
        with self._lock:
            self._seen[visitor] = now
            self._seen = {one: at for one, at in self._seen.items() if now - at < GONE_AFTER_SECONDS}
            return len(self._seen)


_visitors = Visitors()


def note() -> None:
    """This session is here; a new one is counted."""
    if "visitor" not in st.session_state:
        st.session_state["visitor"] = uuid.uuid4().hex
        watched().count("dashboard_visits_total", category="user")
    count = _visitors.note(st.session_state["visitor"], time.monotonic())
    watched().add_custom_metric("dashboard_sessions", count, "user")
