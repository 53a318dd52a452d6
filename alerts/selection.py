"""Finds what concerns a subject without asking everything: by name, by the beginning of a name, and by one tag."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from alerts.conditions import Selector

T = TypeVar("T")
_Entry = tuple[int, Selector, T]
_Tagged = tuple[str | None, str, str]  # a name where there is one, a tag and its value


@dataclass(slots=True)
class Selection(Generic[T]):
    """Things with selectors, in the order in which they were added."""

    _named: dict[str, list[_Entry[T]]] = field(default_factory=dict)
    _tagged: dict[_Tagged, list[_Entry[T]]] = field(default_factory=dict)
    _beginning: dict[str, list[_Entry[T]]] = field(default_factory=dict)
    _anywhere: list[_Entry[T]] = field(default_factory=list)
    _size: int = 0

    def add(self, selector: Selector, thing: T) -> None:
        entry = (self._size, selector, thing)
        self._size += 1
        tag = _one_tag(selector)
        exact = () if selector.name is None else selector.name.exact
        for name in exact:
            self._put(name, tag, entry)
        for beginning in selector.prefixes:
            self._beginning.setdefault(beginning, []).append(entry)
        if selector.name is None:
            self._put(None, tag, entry)

    def matching(self, name: str, category: str | None, tags: Mapping[str, str] | None, is_health: bool) -> list[T]:
        """What selects this subject, in the order of adding."""
        found = {
            order: thing
            for order, selector, thing in self._candidates(name, tags or {})
            if selector.matches(name, category, tags, is_health)
        }
        return [found[order] for order in sorted(found)]

    def _put(self, name: str | None, tag: tuple[str, frozenset[str]] | None, entry: _Entry[T]) -> None:
        if tag is not None:
            for value in tag[1]:
                self._tagged.setdefault((name, tag[0], value), []).append(entry)
        elif name is not None:
            self._named.setdefault(name, []).append(entry)
        else:
            self._anywhere.append(entry)

    def _candidates(self, name: str, tags: Mapping[str, str]) -> list[_Entry[T]]:
        found = [*self._named.get(name, ()), *self._anywhere]
        for tag, value in tags.items():
            found += self._tagged.get((name, tag, value), ())
            found += self._tagged.get((None, tag, value), ())
        if self._beginning:
            for length in range(len(name) + 1):
                found += self._beginning.get(name[:length], ())
        return found


def _one_tag(selector: Selector) -> tuple[str, frozenset[str]] | None:
    """A tag that the selector asks to be one of a few texts, if there is one."""
    return next(((tag, texts.exact) for tag, texts in selector.tags if texts.exact and not texts.prefixes), None)
