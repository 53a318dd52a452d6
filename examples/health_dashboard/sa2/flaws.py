"""Known flaws, one a file, of the kinds that real deliveries have; ``rules.json`` is what finds them.

| file | flaw |
|---|---|
| ``seifa_2021_sa2.parquet`` | three areas are there twice |
| ``phidu_prevalence_sa2.parquet`` | five prevalences are above 100 percent |
| ``aihw_mortality_sa2.parquet`` | two percent of the rates are missing |
| ``abs_population_sa2.parquet`` | two codes have lost their last digit |
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

Change = Callable[["pd.Series[float]"], "pd.Series[float]"]


def spoil(tables: dict[str, pd.DataFrame], chance: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Copies with their flaws."""
    spoiled = {name: table.copy() for name, table in tables.items()}
    seifa = spoiled["seifa_2021_sa2"]
    spoiled["seifa_2021_sa2"] = pd.concat([seifa, seifa.sample(3, random_state=chance)], ignore_index=True)
    _set(spoiled["phidu_prevalence_sa2"], "prevalence_percent", lambda old: old + 100, 5, chance)
    deaths = spoiled["aihw_mortality_sa2"]
    _set(deaths, "rate", lambda old: old * np.nan, len(deaths) // 50, chance)
    _set(spoiled["abs_population_sa2"], "sa2_code", lambda old: old // 10, 2, chance)
    return spoiled


def _set(table: pd.DataFrame, column: str, change: Change, count: int, chance: np.random.Generator) -> None:
    rows = chance.choice(len(table), count, replace=False)
    table.loc[rows, column] = change(table.loc[rows, column])
