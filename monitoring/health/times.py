"""Durations as people say them."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """The largest unit that fits, rounded down: ``45 s``, ``2 min``, ``3 h``, ``12 d``."""
    size, unit = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    return f"{int(max(0.0, seconds) // size)} {unit}"
