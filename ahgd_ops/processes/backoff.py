"""How long a process that died waits for its next start."""

FIRST_SECONDS = 1.0
MOST_SECONDS = 30.0
HEALTHY_SECONDS = 60.0  # running this long, a process has earned a fresh count of failures


def wait_seconds(failures: int) -> float:
    """The wait after that many failures in a row, the first being 1."""
    return min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 10))
