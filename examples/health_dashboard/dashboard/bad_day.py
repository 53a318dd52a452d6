"""What goes wrong on a bad day, for demonstrations: ``bad_day.json`` beside the data says so, while it is there."""

import json
from pathlib import Path

from dashboard.watching import DATA_DIR, database

FILE = "bad_day.json"
_GOOD_DAY = {"query_steps": 1, "leak_mb": 0, "most_mb": 0}
_held: list[bytes] = []
_BURN = "WITH RECURSIVE burn(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM burn WHERE n < ?) SELECT max(n) AS n FROM burn"


def suffer(directory: Path = DATA_DIR) -> None:
    """A query of ``query_steps`` steps, and memory that grows by ``leak_mb`` a page up to ``most_mb``.

    On other days the same query has one step: an alert about it ends because it is quick again.
    """
    try:
        bad = json.loads((directory / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        _held.clear()
        bad = _GOOD_DAY
    if len(_held) * bad["leak_mb"] < bad["most_mb"]:
        _held.append(b"\1" * (bad["leak_mb"] * 2**20))
    database().execute_query(_BURN, parameters=[bad["query_steps"]])
