"""How much one question may read, said before it is read: PostgreSQL sends all of it at once."""

from typing import Final

from django.db.models import QuerySet

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.keeping.pieces import Chosen
from monitoring.keeping.spans import size
from monitoring.models import Resolution
from monitoring.windows import MOST_ROWS, MOST_TIMINGS, TIMINGS, Columns, WindowTooLarge

MOST_SAMPLES: Final = MOST_ROWS
MOST_SKETCHES: Final = 20_000
MOST_OF_FIGURES: Final = 200_000
"""From where on figures of a span are taken from hours, however short it is: of sketches, and of other samples."""
FEW_CHUNKS: Final = 40
"""Of a question that is not worth counting first: a week of one series, an hour of some."""


def refuse_too_many(series: Chosen, start_ms: int, end_ms: int, resolution: Resolution, columns: Columns) -> None:
    """Raises WindowTooLarge when the span holds more of them than one reader may hold in memory."""
    most = MOST_TIMINGS if columns[: len(TIMINGS)] == TIMINGS else MOST_SAMPLES
    if is_more_than(most, series, start_ms, end_ms, resolution):
        what = "samples" if resolution == Resolution.RAW else "hours"
        raise WindowTooLarge(
            f"the span holds more than {most:,} {what} of these series: ask for fewer series or a shorter span"
        )


def is_more_for_figures(series: Chosen, start_ms: int, end_ms: int, columns: Columns) -> bool:
    most = MOST_SKETCHES if columns == TIMINGS else MOST_OF_FIGURES
    return is_more_than(most, series, start_ms, end_ms, Resolution.RAW)


def is_more_than(most: int, series: Chosen, start_ms: int, end_ms: int, resolution: Resolution) -> bool:
    if _are_few(series, (end_ms - start_ms) // BLOCK_MS[resolution] + 2):
        return False
    return size(series, start_ms, end_ms, resolution) > most


def _are_few(series: Chosen, blocks: int) -> bool:
    return not isinstance(series, QuerySet) and len(series) * blocks <= FEW_CHUNKS
