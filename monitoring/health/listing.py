"""Many things in one line, as messages and pages say them."""

from collections.abc import Sequence


def listed(texts: Sequence[str], most: int, separator: str = "; ") -> str:
    """The first few, and how many more there are: ``a; b; and 3 more``."""
    more = [f"and {len(texts) - most} more"] if len(texts) > most else []
    return separator.join([*texts[:most], *more])
