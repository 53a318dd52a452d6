"""How time is cut: a chunk holds the samples of one block, and each resolution has blocks of its own length."""

from typing import Final

from monitoring.models import Resolution

HOUR_MS: Final = 3_600_000
BLOCK_MS: Final = {Resolution.RAW: 6 * HOUR_MS, Resolution.HOURLY: 240 * HOUR_MS}
"""Some 2 000 samples at the usual pace: long enough to pack well, short enough that three fill a page of SQLite."""


def block_of(at_ms: int, resolution: Resolution) -> int:
    """Where the block begins that a sample of this time is in; blocks are counted from the epoch."""
    return at_ms - at_ms % BLOCK_MS[resolution]
