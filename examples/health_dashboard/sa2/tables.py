"""The four data sets of the dashboard, from the areas. Deprivation shows in all of them: charts have a story."""

import numpy as np
import pandas as pd

YEARS = tuple(range(2014, 2024))
CONDITIONS = {
    "Arthritis": 15.0,
    "Asthma": 11.0,
    "Back problems": 16.0,
    "Cancer": 3.0,
    "COPD": 3.5,
    "Diabetes": 6.0,
    "Heart disease": 4.5,
    "Hypertension": 12.0,
    "Kidney disease": 1.2,
    "Mental health": 20.0,
    "Obesity": 31.0,
    "Stroke": 1.4,
}
"""Condition: its usual prevalence, percent of adults."""
CAUSES = {"Cancer": 160.0, "Circulatory": 140.0, "External": 40.0, "Respiratory": 50.0, "Other": 150.0}
"""Cause of death: its usual rate a year, per 100 000 people."""
AGES = ("0-14", "15-24", "25-44", "45-64", "65+")
SEXES = ("Female", "Male")


def population(areas: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """People by area, year and age."""
    whole = _grid(areas, {"year": YEARS, "age_group": AGES})
    size = pd.Series(chance.gamma(6, 1500, len(areas)), index=areas["sa2_code"])
    share = whole["age_group"].map(dict(zip(AGES, (0.18, 0.13, 0.28, 0.24, 0.17), strict=True))).astype(float)
    growth = 1.014 ** (whole["year"] - YEARS[0])
    whole["population"] = (whole["sa2_code"].map(size) * share * growth).round().astype("int64")
    return whole


def seifa(areas: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """An index like SEIFA's IRSD: about 1000 on average, lower where people are worse off, and its decile."""
    score = (1000 - 90 * areas["need"] + chance.normal(0, 25, len(areas))).round(1)
    decile = np.ceil(score.rank(method="first") / len(areas) * 10).astype("int64")
    return pd.DataFrame({"sa2_code": areas["sa2_code"], "irsd_score": score, "irsd_decile": decile})


def prevalence(areas: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Percent of adults with a long-term condition, by area and year."""
    whole = _grid(areas, {"year": YEARS, "condition": tuple(CONDITIONS)})
    usual = whole["condition"].map(CONDITIONS).astype(float)
    need = whole["sa2_code"].map(areas.set_index("sa2_code")["need"])
    trend = 1 + 0.012 * (whole["year"] - YEARS[0])
    spread = chance.normal(1, 0.08, len(whole))
    whole["prevalence_percent"] = np.clip(usual * (1 + 0.35 * need) * trend * spread, 0, 95).round(2)
    return whole


def mortality(areas: pd.DataFrame, people: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Deaths and their rate per 100 000, by area, year, cause and sex."""
    whole = _grid(areas, {"year": YEARS, "cause": tuple(CAUSES), "sex": SEXES})
    totals = people.groupby(["sa2_code", "year"])["population"].sum()
    half = totals.reindex(pd.MultiIndex.from_frame(whole[["sa2_code", "year"]])).to_numpy() / 2
    need = whole["sa2_code"].map(areas.set_index("sa2_code")["need"])
    sex = whole["sex"].map({"Female": 0.88, "Male": 1.12}).astype(float)
    expected = whole["cause"].map(CAUSES).astype(float) * (1 + 0.4 * need) * sex * half / 100_000
    whole["deaths"] = chance.poisson(expected)
    whole["rate"] = (whole["deaths"] / half * 100_000).round(1)
    return whole


def _grid(areas: pd.DataFrame, columns: dict[str, tuple[object, ...]]) -> pd.DataFrame:
    """Every combination, areas outermost."""
    index = pd.MultiIndex.from_product([areas["sa2_code"], *columns.values()], names=["sa2_code", *columns])
    return index.to_frame(index=False)
