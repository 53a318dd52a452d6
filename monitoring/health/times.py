"""Durations as people say them."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """The largest unit that fits, rounded down: ``45 s``, ``2 min``, ``3 h``, ``12 d``."""
    size, unit = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    return f"{int(max(0.0, seconds) // size)} {unit}"


def share_text(share: float | None) -> str:
    """0.99951 as ``99.951 %``. Rounded down: what failed for a second is never shown as all of the time."""
    if share is None:
        return "no data"
    return "100 %" if share == 1 else f"{int(share * 100_000) / 1000:.3f} %".replace(".000 %", ".0 %")
