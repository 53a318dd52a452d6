"""What a tier still has to forget: changes that it could not be told of."""

import threading
from collections.abc import Iterable

from caching.names import Meant, everything
from caching.tiers.base import SharedTier

MOST_KEYS = 10_000
MOST_RULES = 100


class Debts:
    """Keys, and rules that say which keys. More than can be remembered become all there are."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._rules: set[Meant] = set()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._keys or self._rules)

    def owe(self, keys: Iterable[str]) -> None:
        with self._lock:
            if everything not in self._rules:
                self._keys.update(keys)
            if len(self._keys) > MOST_KEYS:
                self._owe_all()

    def owe_where(self, is_meant: Meant) -> None:
        with self._lock:
            self._rules.add(is_meant)
            if is_meant is everything or len(self._rules) > MOST_RULES:
                self._owe_all()

    def pay(self, tier: SharedTier) -> None:
        """TierFailed when it cannot be told now either; then all is still owed."""
        with self._lock:
            keys, rules = tuple(self._keys), tuple(self._rules)
        if everything in rules:
            tier.clear()
        elif rules:
            tier.delete(list(filter(lambda key: any(is_meant(key) for is_meant in rules), tier.keys())))
        if keys:
            tier.delete(keys)
        with self._lock:
            self._keys.difference_update(keys)
            self._rules.difference_update(rules)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def _owe_all(self) -> None:
        self._keys.clear()
        self._rules = {everything}
