"""What the pages ask the database. Answers that many visitors share are kept in memory and in files."""

import pandas as pd

from caching import PaginatedQuery, cached
from dashboard.watching import database
from monitoring import track_performance

KEPT_SECONDS = 600
PAGE_SIZE = 100


def choices() -> dict[str, list[object]]:
    """What can be filtered by; fast: small tables, or an index."""
    states = _ask("SELECT DISTINCT state FROM area ORDER BY state")
    years = _ask("SELECT DISTINCT year FROM prevalence WHERE state = 'ACT' ORDER BY year DESC")
    conditions = _ask(
        "SELECT DISTINCT condition FROM prevalence WHERE state = 'ACT' AND year = 2023 ORDER BY condition"
    )
    return {"state": list(states["state"]), "year": list(years["year"]), "condition": list(conditions["condition"])}


def totals(state: str) -> pd.DataFrame:
    return _ask(
        "SELECT count(*) AS areas, sum(population) AS people, avg(irsd_score) AS score FROM area WHERE state = ?", state
    )


def by_state(year: int, condition: str) -> pd.DataFrame:
    """Prevalence in each state, weighted by nothing: a mean of areas."""
    return _ask(
        "SELECT state, avg(prevalence_percent) AS prevalence FROM prevalence WHERE year = ? AND condition = ? "
        "GROUP BY state ORDER BY state",
        year,
        condition,
    )


def conditions_of(state: str, year: int) -> pd.DataFrame:
    """Fast: by index."""
    return _ask(
        "SELECT condition, avg(prevalence_percent) AS prevalence FROM prevalence WHERE state = ? AND year = ? "
        "GROUP BY condition ORDER BY prevalence DESC",
        state,
        year,
    )


def trend(state: str, condition: str) -> pd.DataFrame:
    return _ask(
        "SELECT year, avg(prevalence_percent) AS prevalence FROM prevalence WHERE state = ? AND condition = ? "
        "GROUP BY year ORDER BY year",
        state,
        condition,
    )


def worst_areas(state: str, year: int, condition: str) -> pd.DataFrame:
    return _ask(
        "SELECT sa2_code, sa2_name, remoteness, prevalence_percent FROM prevalence "
        "WHERE state = ? AND year = ? AND condition = ? ORDER BY prevalence_percent DESC LIMIT 20",
        state,
        year,
        condition,
    )


@cached(ttl=KEPT_SECONDS, tags=["health"])
@track_performance("inequality")
def inequality(condition: str) -> pd.DataFrame:
    """Slow: it reads all of two large tables, as a question without an index does."""
    return database().execute_query(
        "SELECT a.irsd_decile AS decile, avg(p.prevalence_percent) AS prevalence, avg(m.rate) AS death_rate "
        "FROM area a JOIN prevalence p ON p.sa2_code = a.sa2_code AND p.condition = ? "
        "JOIN (SELECT sa2_code, avg(rate) AS rate FROM mortality GROUP BY sa2_code) m ON m.sa2_code = a.sa2_code "
        "GROUP BY a.irsd_decile ORDER BY a.irsd_decile",
        parameters=[condition],
    )


def records(state: str) -> PaginatedQuery:
    """The large table, page by page: only the page that is looked at is read."""
    return PaginatedQuery(
        database(),
        "SELECT id, sa2_code, sa2_name, year, condition, prevalence_percent FROM prevalence "
        "WHERE state = ? ORDER BY id",
        page_size=PAGE_SIZE,
        parameters=[state],
        prefetch_pages=0,
    )


def _ask(sql: str, *parameters: object) -> pd.DataFrame:
    return database().execute_query(sql, parameters=list(parameters), cache_ttl=KEPT_SECONDS)
