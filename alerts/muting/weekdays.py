"""Days of the week as people write them: ``mon, thu``. Pure."""

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DayRefused(ValueError):
    """The text names a day that does not exist."""


def parse(text: str) -> frozenset[int]:
    """Days as numbers, Monday being 0; none for an empty text. Raises DayRefused."""
    found = set()
    for word in text.replace(",", " ").split():
        name = word.lower()[:3]
        if name not in NAMES or not word.isalpha():
            raise DayRefused(f"{word[:20]!r} is no day of the week: write {', '.join(NAMES)}.")
        found.add(NAMES.index(name))
    return frozenset(found)
