"""The three values that are cached: a 100-byte text, a dictionary of 10 KB, a frame of 5 MB; always the same ones."""

from typing import Any

import numpy as np
import pandas as pd

SEED = 20261123
TEXT = "x" * 100
ROWS = 104_000


def dictionary() -> dict[str, Any]:
    """About 10 KB pickled: areas with a few figures each."""
    source = np.random.default_rng(SEED)
    return {
        f"sa2-{code}": {"name": f"Area {code}", "population": int(source.integers(20_000)), "rate": source.random()}
        for code in range(190)
    }


def frame() -> pd.DataFrame:
    """Rows of a year and an area, as a health dashboard reads them."""
    source = np.random.default_rng(SEED)
    return pd.DataFrame(
        {
            "sa2_code": source.integers(101_021_007, 901_041_004, ROWS),
            "year": source.integers(2011, 2025, ROWS),
            "population": source.integers(0, 25_000, ROWS),
            "admissions": source.poisson(40, ROWS),
            "rate_per_1000": source.normal(50, 12, ROWS),
            "seifa_score": source.normal(1000, 100, ROWS).round(1),
        }
    )


def values() -> dict[str, Any]:
    return {"100-byte text": TEXT, "10 KB dictionary": dictionary(), "5 MB frame": frame()}
