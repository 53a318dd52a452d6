"""Why a rule has no equivalent on the other side."""


class Unmapped(Exception):
    """``str()`` is the reason, for the people whose rule it is."""
