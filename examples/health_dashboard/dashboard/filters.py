"""What a visitor chose, in the sidebar; it is kept in the session tier of the cache."""

from dataclasses import dataclass

import streamlit as st

from caching import get_cache_manager
from dashboard import questions
from dashboard.watching import watched

_KEPT_AS = "filters"


@dataclass(frozen=True, slots=True)
class Filters:
    state: str
    year: int
    condition: str


def choose() -> Filters:
    """Each change is counted, by the name of what was changed."""
    found = questions.choices()
    kept = get_cache_manager().get(_KEPT_AS, scope="session") or {}
    chosen = Filters(
        str(_select("State", "state", found["state"], kept)),
        int(str(_select("Year", "year", found["year"], kept))),
        str(_select("Condition", "condition", found["condition"], kept)),
    )
    now = {"state": chosen.state, "year": chosen.year, "condition": chosen.condition}
    if now != kept:
        get_cache_manager().set(_KEPT_AS, now, scope="session")
    return chosen


def _select(label: str, name: str, options: list[object], kept: dict[str, object]) -> object:
    index = options.index(kept[name]) if kept.get(name) in options else 0
    return st.sidebar.selectbox(
        label,
        options,
        index=index,
        key=name,
        on_change=watched().track_user_interaction,
        args=("filter", name),
    )
