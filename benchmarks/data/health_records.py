"""Health records by small area (SA2), as the dashboard reads them: 15 columns, the same rows for the same seed."""

from typing import Any

import numpy as np
import pandas as pd

SEED = 20_260_801
AREAS = 2_473  # as many as there are SA2 regions
STATES = ("New South Wales", "Victoria", "Queensland", "Western Australia", "South Australia", "Tasmania",
          "Australian Capital Territory", "Northern Territory")  # fmt: skip
REMOTENESS = ("Major Cities of Australia", "Inner Regional Australia", "Outer Regional Australia",
              "Remote Australia", "Very Remote Australia")  # fmt: skip
CONDITIONS = ("Arthritis", "Asthma", "Cancer", "COPD", "Coronary heart disease", "Dementia", "Diabetes mellitus",
              "Kidney disease", "Lung condition", "Mental health condition", "Osteoporosis", "Stroke")  # fmt: skip
AGE_GROUPS = (*(f"{age}-{age + 4}" for age in range(0, 90, 5)), "90+")
SEXES = ("Female", "Male", "Persons")


def health_records(rows: int, seed: int = SEED) -> pd.DataFrame:
    """``record_id`` never repeats and ``rate_per_100k`` is never whole: not everything can be made smaller."""
    random = np.random.default_rng(seed)
    area = random.integers(0, AREAS, rows)
    return pd.DataFrame(
        {
            "record_id": [f"HR-{number:09d}" for number in random.permutation(rows)],
            "sa2_code": _texts([str(101_021_007 + number * 137) for number in range(AREAS)], area),
            "sa2_name": _texts([f"Area {number} - North {number % 37}" for number in range(AREAS)], area),
            "state": _texts(STATES, area % len(STATES)),
            "remoteness": _texts(REMOTENESS, area % len(REMOTENESS)),
            "year": random.integers(2011, 2024, rows),
            "sex": _drawn(SEXES, random, rows),
            "age_group": _drawn(AGE_GROUPS, random, rows),
            "condition": _drawn(CONDITIONS, random, rows),
            "cases": random.poisson(40, rows),
            "population": _with_gaps(random.integers(50, 25_000, rows), 0.02, random),
            "irsd_decile": _with_gaps(random.integers(1, 11, rows), 0.01, random),
            "rate_per_100k": random.gamma(2, 200, rows),
            "recorded_on": np.datetime64("2011-01-01", "s") + random.integers(0, 4_000 * 86_400, rows),
            "is_estimated": random.random(rows) < 0.1,
        }
    )


def _drawn(texts: tuple[str, ...], random: np.random.Generator, rows: int) -> Any:
    return _texts(texts, random.integers(0, len(texts), rows))


def _texts(texts: Any, index: Any) -> Any:
    return np.array(texts, dtype=object)[index]


def _with_gaps(numbers: Any, share: float, random: np.random.Generator) -> Any:
    return np.where(random.random(len(numbers)) < share, np.nan, numbers)
