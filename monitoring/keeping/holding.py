"""Holds: an upper layer says which data it still needs, such as that around an incident. Retention asks nobody else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitoring.clock import to_ms
from monitoring.models import Hold, Series

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Needed:
    """A series by its fingerprint, from ``start`` to ``end``; None is up to whatever comes."""

    fingerprint: str
    start: datetime
    end: datetime | None = None


def hold(owner: str, needed: Mapping[str, Needed]) -> None:
    """From now on exactly these are held for ``owner``, by a name of its own each: the reason is ``owner name``.

    A series that is not known is left out. Called again with the same it changes nothing.
    """
    known = _ids({one.fingerprint for one in needed.values()})
    wanted = [
        Hold(
            series_id=known[one.fingerprint],
            reason=f"{owner} {name}",
            start=to_ms(one.start),
            end=None if one.end is None else max(to_ms(one.start), to_ms(one.end)),
        )
        for name, one in needed.items()
        if one.fingerprint in known
    ]
    Hold.objects.bulk_create(
        wanted,
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=("series", "reason"),
        update_fields=("start", "end"),
    )
    kept = {(row.series_id, row.reason) for row in wanted}
    held = Hold.objects.filter(reason__startswith=f"{owner} ").values_list("id", "series_id", "reason")
    over = [row_id for row_id, *key in held if tuple(key) not in kept]
    for start in range(0, len(over), _AT_ONCE):
        Hold.objects.filter(id__in=over[start : start + _AT_ONCE]).delete()


def _ids(fingerprints: Iterable[str]) -> dict[str, int]:
    texts = list(fingerprints)
    found: dict[str, int] = {}
    for start in range(0, len(texts), _AT_ONCE):
        among = Series.objects.filter(fingerprint__in=texts[start : start + _AT_ONCE])
        found.update(among.values_list("fingerprint", "id"))
    return found
