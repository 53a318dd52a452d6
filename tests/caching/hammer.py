"""A process that sets, reads, tags and deletes in the tiers it is told, and says when it was told what is not so.

Each value names its key and repeats one letter, so half an entry, or that of another key, shows. Run with the fields of
``CacheConfig`` as JSON, the number of rounds, and the most bytes a file of its may have (0: any).
"""

import json
import random
import resource
import sys

from caching import CacheConfig, CacheManager

KEYS = 20
REPORT_EVERY = 25


def value_of(key: str, letter: str, length: int) -> dict[str, str]:
    return {"key": key, "text": letter * length}


def is_whole(key: str, value: dict[str, str]) -> bool:
    return value["key"] == key and len(set(value["text"])) <= 1


def one_round(cache: CacheManager, choices: random.Random) -> None:
    key = f"key-{choices.randrange(KEYS)}"
    action = choices.random()
    if action < 0.45:
        length = choices.choice([10, 3000, 200_000])
        cache.set(key, value_of(key, choices.choice("abc"), length), tags=["t"] if action < 0.1 else [])
    elif action < 0.9:
        found = cache.get(key)
        assert found is None or is_whole(key, found), f"{key} gave {str(found)[:100]}"
    elif action < 0.97:
        cache.delete(key)
    else:
        cache.invalidate_tag("t")


def main() -> None:
    fields, rounds, most_bytes = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    cache = CacheManager(CacheConfig(**fields))
    choices = random.Random()  # noqa: S311  (no secret)
    for number in range(rounds):
        one_round(cache, choices)
        if number % REPORT_EVERY == 0:
            print(number, flush=True)  # noqa: T201  (who kills it reads this)


if __name__ == "__main__":
    main()
