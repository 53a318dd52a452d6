import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from caching import CacheManager, Unkeyable, cached
from caching.function_names import name_of
from tests.caching.conftest import Make
from tests.caching.faults import until
from tests.checkout import PROJECT_DIR


@pytest.fixture
def manager(make: Make) -> CacheManager:
    return make("memory+file")


def waiters(manager: CacheManager, function: Callable[[], object]) -> int:
    """How many wait for what is computed now."""
    return manager.computing.flights.waiters(function.cache_key())  # type: ignore[attr-defined]  # a door of the wrapper


@dataclass(frozen=True)
class Area:
    code: int

    def same(self, code: int) -> bool:
        return code == self.code


class Suburb(Area):
    def same(self, code: int) -> bool:
        return super().same(code)


def test_a_result_is_kept_by_arguments(manager: CacheManager) -> None:
    calls: list[object] = []

    @cached(ttl=60, manager=manager)
    def double(number: float, *, by: int = 2) -> float:
        calls.append(number)
        return number * by

    assert [double(2), double(2), double(number=2), double(2, by=2), double(2, by=3)] == [4, 4, 4, 4, 6]
    assert len(calls) == 2


def test_none_is_a_result(manager: CacheManager) -> None:
    calls: list[int] = []

    @cached(manager=manager)
    def nothing() -> None:
        calls.append(1)

    assert nothing() is None
    assert nothing() is None
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), (b"a", "a"), ((1,), (True,)), ([1, [2]], [[1, 2]]), (None, "None"),
     ({"a": 1}, {"a": True}), (("a", "b"), ("ab",)), (Area(1), Area(2)), (np.int64(1), np.int32(1))],
)  # fmt: skip
def test_arguments_that_differ_do_not_share_a_result(manager: CacheManager, one: object, other: object) -> None:
    @cached(manager=manager)
    def shown(value: object) -> str:
        return repr(value)

    for value in (one, other, one, other):
        assert shown(value) == repr(value)


def test_methods_are_kept_by_what_their_object_is(manager: CacheManager) -> None:
    calls: list[int] = []

    @dataclass(frozen=True)
    class Region:
        code: int

        @cached(manager=manager)
        def name(self) -> str:
            calls.append(self.code)
            return f"region {self.code}"

        @classmethod
        @cached(key="kind", manager=manager)
        def kind(cls, name: str) -> str:
            return name

    assert [Region(1).name(), Region(2).name(), Region(1).name()] == ["region 1", "region 2", "region 1"]
    assert calls == [1, 2]


def test_an_object_without_a_key_is_an_error_that_says_what_to_do(manager: CacheManager) -> None:
    @cached(manager=manager)
    def shown(value: object) -> str:
        return repr(value)

    with pytest.raises(Unkeyable, match="give it a __cache_key__"):
        shown(object())
    with pytest.raises(Unkeyable, match="not at the top level"):
        shown(lambda: 1)


def test_frames_are_told_apart_by_content(manager: CacheManager) -> None:
    calls: list[int] = []

    @cached(manager=manager)
    def total(frame: pd.DataFrame) -> int:
        calls.append(1)
        return int(frame["n"].sum())

    assert total(pd.DataFrame({"n": [1, 2]})) == 3
    assert total(pd.DataFrame({"n": [1, 2]})) == 3
    assert total(pd.DataFrame({"n": [1, 3]})) == 4
    assert len(calls) == 2


def test_a_key_may_be_named_and_tagged(manager: CacheManager) -> None:
    @cached(key=lambda code: f"sa2:{code}", tags=lambda code: ["areas", f"area-{code}"], manager=manager)
    def area(code: int) -> list[int]:
        return [code]

    area(1)
    area(2)
    assert manager.get("sa2:1") == [1]
    manager.invalidate_tag("area-1")
    assert manager.get_many(["sa2:1", "sa2:2"]) == {"sa2:2": [2]}
    assert area.invalidate(2)  # type: ignore[attr-defined]  # a door of the wrapper
    assert manager.get("sa2:2") is None


def test_coroutines_are_computed_once_for_all_that_wait(manager: CacheManager) -> None:
    calls: list[int] = []

    @cached(manager=manager)
    async def fetched(number: int) -> list[int]:
        calls.append(number)
        await asyncio.sleep(0)
        return [number]

    async def main() -> list[list[int]]:
        return await asyncio.gather(*(fetched(1) for _ in range(20)), fetched(2))

    results = asyncio.run(main())
    assert results == [[1]] * 20 + [[2]]
    assert sorted(calls) == [1, 2]
    results[0].append(5)
    assert asyncio.run(fetched(1)) == [1]  # type: ignore[arg-type]  # it is a coroutine


def test_a_cancelled_leader_leaves_the_work_to_who_waits(manager: CacheManager) -> None:
    started: list[str] = []

    @cached(manager=manager)
    async def slow() -> str:
        started.append("")
        if len(started) == 1:
            await asyncio.Event().wait()
        return "done"

    async def main() -> str:
        first = asyncio.create_task(slow())  # type: ignore[arg-type]  # it is a coroutine
        while not started:
            await asyncio.sleep(0.001)
        second = asyncio.create_task(slow())  # type: ignore[arg-type]  # it is a coroutine
        while not waiters(manager, slow):
            await asyncio.sleep(0.001)
        first.cancel()
        return await second

    assert asyncio.run(main()) == "done"


def test_threads_wait_for_the_one_that_computes(manager: CacheManager) -> None:
    calls: list[int] = []
    may_end = threading.Event()

    @cached(manager=manager)
    def slow() -> list[int]:
        calls.append(1)
        may_end.wait(60)
        return [1]

    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(slow())) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: waiters(manager, slow) == 7)
    may_end.set()
    for thread in threads:
        thread.join()
    assert results == [[1]] * 8
    assert len(calls) == 1


def test_a_function_may_ask_for_itself(manager: CacheManager) -> None:
    @cached(key=lambda number: "always", manager=manager)
    def recursive(number: int) -> int:
        return recursive(number - 1) + 1 if number else 0

    assert recursive(3) == 3


def test_a_generator_is_refused() -> None:
    with pytest.raises(TypeError, match="return a list"):

        @cached()
        def numbers() -> object:
            yield 1


def test_functions_of_one_name_do_not_share_a_result(manager: CacheManager) -> None:
    def times(factor: int) -> Callable[[int], int]:
        @cached(manager=manager)
        def product(number: int) -> int:
            return number * factor

        return product

    twice, thrice = times(2), times(3)
    assert [twice(5), thrice(5), twice(5)] == [10, 15, 10]
    more, less = cached(manager=manager)(lambda number: number + 1), cached(manager=manager)(lambda number: number - 1)
    assert [more(5), less(5)] == [6, 4]


def test_methods_that_are_bound_do_not_share_a_result(manager: CacheManager) -> None:
    one, other = cached(manager=manager)([1].count), cached(manager=manager)([].count)
    assert [one(1), other(1)] == [1, 0]
    first, second = cached(manager=manager)(Area(1).same), cached(manager=manager)(Area(2).same)
    assert [first(1), second(1)] == [True, False]


def test_a_method_that_calls_its_parent_keeps_a_name_that_processes_share() -> None:
    assert name_of(Suburb.same) == f"{__name__}.Suburb.same"


PROGRAM = """
from caching import cached
@cached(ttl=600)
def load(year): return NAME
print(load(2026), load.cache_key(2026))
"""


def run(directory: Path, *arguments: str) -> list[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{PROJECT_DIR}{os.pathsep}{directory}",
        "AHGD_STATE_DIR": str(directory),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_programs_that_share_a_directory_do_not_share_results(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(PROGRAM.replace("NAME", repr(name)))
    assert [run(tmp_path, f"{name}.py")[0] for name in ("one", "two")] == ["one", "two"]
    assert run(tmp_path, "-m", "one")[1].startswith("one.load:")
    assert run(tmp_path, "-c", PROGRAM.replace("NAME", "1"))[1] != run(tmp_path, "-c", PROGRAM.replace("NAME", "2"))[1]


def test_long_arguments_are_not_kept_for_their_keys(manager: CacheManager) -> None:
    @cached(manager=manager)
    def length(text: str) -> int:
        return len(text)

    text = "long" * 10_000
    before = sys.getrefcount(text)
    assert length(text) == 40_000
    assert sys.getrefcount(text) == before
