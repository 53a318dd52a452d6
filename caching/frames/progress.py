"""A bar that says how far an iteration is, for people who watch a terminal."""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def told(pages: "Iterator[pd.DataFrame]", total: Callable[[], int], progress: bool | None) -> "Iterator[pd.DataFrame]":
    """The same pages; ``total``, which may have to count, is asked only when there is a bar to draw."""
    if not (sys.stderr.isatty() if progress is None else progress):
        yield from pages
        return
    from tqdm import tqdm

    with tqdm(total=total(), unit=" rows", unit_scale=True, file=sys.stderr) as bar:
        for page in pages:
            yield page
            bar.update(len(page))
