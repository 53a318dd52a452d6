"""What is measured without anybody asking: requests, tasks, queries. One place knows the process's recorder."""

from monitoring.kinds import Kind
from monitoring.process import get_recorder
from monitoring.queries.executions import Executions
from monitoring.samples import SeriesKey, sorted_tags

executions = Executions()


def count(metric: str, category: str, **tags: str) -> None:
    """One more of a counter."""
    get_recorder().record(SeriesKey(metric, sorted_tags(tags), Kind.COUNTER, category), 1)


def took(metric: str, category: str, seconds: float, **tags: str) -> None:
    """One more duration of a timing."""
    get_recorder().record(SeriesKey(metric, sorted_tags(tags), Kind.TIMING, category), seconds)
