"""Which HTTP status codes are expected: ``200``, ``200-299``, ``200,204,301-308``."""

import re

_PART = re.compile(r"([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?", re.ASCII)


def parse_statuses(text: str) -> tuple[range, ...]:
    """Raises ValueError with a hint."""
    return tuple(_range(part.strip()) for part in text.split(","))


def is_expected(status: int, text: str) -> bool:
    return any(status in one for one in parse_statuses(text))


def _range(part: str) -> range:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no status code: write 200, 200-299, or several of these with commas.")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise ValueError(f"{part!r} ends before it begins.")
    return range(first, last + 1)
