"""Holds: an upper layer says which data it still needs, such as that around an incident. Retention asks nobody else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from monitoring.clock import to_ms
from monitoring.models import Hold, Series

_AT_ONCE = 500
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Needed:
    """A series by its fingerprint, from ``start`` to ``end``; None is up to whatever comes."""

    fingerprint: str
    start: datetime
    end: datetime | None = None


_Key = tuple[int, str]  # series, reason
_Span = tuple[int, int | None]


def hold(owner: str, needed: Mapping[str, Needed]) -> None:
    """From now on exactly these are held for ``owner``, by a name of its own each: the reason is ``owner name``.

    A series that is not known is left out. Called again with the same it writes nothing. Each transaction is short;
    whoever is stopped between two has held more than needed, and calls again. People's holds have no owner.
    """
    wanted = _wanted(owner, needed)
    held = {(row.series_id, row.reason): row for row in Hold.objects.filter(owner=owner)}
    new = [key for key, span in wanted.items() if key not in held or (held[key].start, held[key].end) != span]
    for some in _in_parts(new):
        Hold.objects.bulk_create(
            [
                Hold(owner=owner, series_id=key[0], reason=key[1], start=wanted[key][0], end=wanted[key][1])
                for key in some
            ],
            update_conflicts=True,
            unique_fields=("series", "owner", "reason"),
            update_fields=("start", "end"),
        )
    for ids in _in_parts([row.pk for key, row in held.items() if key not in wanted]):
        Hold.objects.filter(id__in=ids).delete()


def _wanted(owner: str, needed: Mapping[str, Needed]) -> dict[_Key, _Span]:
    known = _ids({one.fingerprint for one in needed.values()})
    return {
        (known[one.fingerprint], f"{owner} {name}"): (
            to_ms(one.start),
            None if one.end is None else to_ms(max(one.start, one.end)),
        )
        for name, one in needed.items()
        if one.fingerprint in known
    }


def _ids(fingerprints: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _in_parts(list(fingerprints)):
        found.update(Series.objects.filter(fingerprint__in=some).values_list("fingerprint", "id"))
    return found


def _in_parts(of: Sequence[Part]) -> Iterator[Sequence[Part]]:
    for start in range(0, len(of), _AT_ONCE):
        yield of[start : start + _AT_ONCE]
