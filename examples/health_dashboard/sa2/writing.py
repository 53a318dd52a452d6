"""The data sets as Parquet files under the names of the AHGD preset, and as one SQLite database."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sa2 import flaws, places, tables

DATABASE = "health.sqlite3"
AREAS = 2400
SEED = 2021
_INDEXES = (
    "CREATE UNIQUE INDEX prevalence_key ON prevalence (id)",
    "CREATE INDEX prevalence_place ON prevalence (state, year, condition)",
    "CREATE UNIQUE INDEX mortality_key ON mortality (id)",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What there is now: files with their rows."""

    directory: Path
    rows: dict[str, int]


def write(directory: Path, seed: int = SEED, areas: int = AREAS, is_sound: bool = False) -> Written:
    """Makes the files anew; the same seed and number of areas give the same data. The database has no flaws."""
    directory.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    found = places.make(areas, chance)
    people = tables.population(found, chance)
    sound = {
        "abs_population_sa2": people,
        "seifa_2021_sa2": tables.seifa(found, chance),
        "phidu_prevalence_sa2": tables.prevalence(found, chance),
        "aihw_mortality_sa2": tables.mortality(found, people, chance),
    }
    files = sound if is_sound else flaws.spoil(sound, chance)
    for name, table in files.items():
        _replace(directory / f"{name}.parquet", partial(table.to_parquet, index=False))
    _replace(directory / DATABASE, partial(_database, found, sound))
    return Written(directory, {name: len(table) for name, table in files.items()})


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    """Whole or not at all, so that nobody reads half a file."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    make(part)
    part.replace(path)


def _database(areas: pd.DataFrame, files: dict[str, pd.DataFrame], path: Path) -> None:
    about = areas[["sa2_code", "sa2_name", "state", "remoteness"]]
    deprivation = files["seifa_2021_sa2"][["sa2_code", "irsd_score", "irsd_decile"]]
    area = about.merge(deprivation, on="sa2_code")
    area["population"] = area["sa2_code"].map(_latest_population(files["abs_population_sa2"]))
    whole = {
        "area": area,
        "prevalence": files["phidu_prevalence_sa2"].merge(about, on="sa2_code"),
        "mortality": files["aihw_mortality_sa2"].merge(about, on="sa2_code"),
    }
    with closing(sqlite3.connect(path)) as database:
        for name, table in whole.items():
            numbered = table if name == "area" else table.rename_axis("id").reset_index()
            numbered.to_sql(name, database, index=False, chunksize=50_000)
        for statement in _INDEXES:
            database.execute(statement)
        database.commit()


def _latest_population(people: pd.DataFrame) -> "pd.Series[int]":
    latest = people[people["year"] == people["year"].max()]
    return latest.groupby("sa2_code")["population"].sum()
