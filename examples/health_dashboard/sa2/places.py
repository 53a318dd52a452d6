"""Statistical areas level 2: nine digits, of which the first is the state, as the ABS numbers them (ASGS edition 3)."""

import numpy as np
import pandas as pd

STATES = (
    ("NSW", "New South Wales", 0.26),
    ("VIC", "Victoria", 0.21),
    ("QLD", "Queensland", 0.22),
    ("SA", "South Australia", 0.07),
    ("WA", "Western Australia", 0.11),
    ("TAS", "Tasmania", 0.04),
    ("NT", "Northern Territory", 0.03),
    ("ACT", "Australian Capital Territory", 0.06),
)
"""Code, name and share of the areas; the digit of a state is its place in this list."""
REMOTENESS = ("Major Cities", "Inner Regional", "Outer Regional", "Remote", "Very Remote")
_FIRST = ("Bell", "Cedar", "Dover", "Ever", "Glen", "Hazel", "Kings", "Lake", "Mill", "North", "Oak", "River", "Stone")
_LAST = ("bank", "brook", "dale", "field", "ford", "ham", "haven", "hill", "mere", "ton", "vale", "wood", "worth")
_SA2_PER_SA3 = 7
_SA3_PER_SA4 = 4


def make(areas: int, chance: np.random.Generator) -> pd.DataFrame:
    """One row an area: ``sa2_code``, ``sa2_name``, ``state``, ``remoteness``, ``need`` (-1 well off to 1 deprived)."""
    shares = np.array([share for *_, share in STATES])
    counts = np.maximum(1, np.round(shares * areas)).astype(int)
    frames = [_of_state(digit, int(count)) for digit, count in enumerate(counts, 1)]
    found = pd.concat(frames, ignore_index=True)
    found["sa2_name"] = _names(len(found), chance)
    found["remoteness"] = chance.choice(REMOTENESS, len(found), p=(0.6, 0.2, 0.12, 0.05, 0.03))
    far = found["remoteness"].map({name: step / 4 for step, name in enumerate(REMOTENESS)}).astype(float)
    found["need"] = np.clip(chance.normal(0.35 * far, 0.4), -1, 1)
    return found


def _of_state(digit: int, count: int) -> pd.DataFrame:
    number = np.arange(count)
    sa3 = number // _SA2_PER_SA3
    sa4 = sa3 // _SA3_PER_SA4
    code = digit * 10**8 + (sa4 + 1) * 10**6 + (sa3 % _SA3_PER_SA4 + 1) * 10**4 + 1001 + number % 9000
    return pd.DataFrame({"sa2_code": code.astype("int64"), "state": STATES[digit - 1][0]})


def _names(count: int, chance: np.random.Generator) -> list[str]:
    firsts, lasts = chance.choice(_FIRST, count), chance.choice(_LAST, count)
    met: dict[str, int] = {}
    names = []
    for first, last in zip(firsts, lasts, strict=True):
        name = f"{first}{last}"
        met[name] = met.get(name, 0) + 1
        names.append(name if met[name] == 1 else f"{name} {met[name]}")
    return names
