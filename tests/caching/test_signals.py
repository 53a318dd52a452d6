import subprocess
import sys
from typing import Any

import pytest

from caching.signals import Signal
from tests.checkout import PROJECT_DIR


def test_receivers_get_the_news_once() -> None:
    signal, heard = Signal(), []

    def receive(sender: Any, **news: Any) -> None:
        heard.append((sender, news))

    signal.connect(receive)
    signal.connect(receive)
    signal.send("me", rows=3)
    assert heard == [("me", {"rows": 3})]
    assert signal.disconnect(receive)
    assert not signal.disconnect(receive)
    signal.send("me", rows=4)
    assert len(heard) == 1


def test_a_uid_stands_for_one_receiver() -> None:
    signal, heard = Signal(), []
    signal.connect(lambda sender, **news: heard.append(1), dispatch_uid="one")
    signal.connect(lambda sender, **news: heard.append(2), dispatch_uid="one")
    signal.send(None)
    assert heard == [2]


def test_a_receiver_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    signal, heard = Signal(), []

    def fail(sender: Any, **news: Any) -> None:
        raise LookupError

    signal.connect(fail)
    signal.connect(lambda sender, **news: heard.append(1))
    signal.send(None)
    assert heard == [1]
    assert "A receiver of a signal failed" in caplog.text


@pytest.mark.once
def test_the_library_loads_neither_django_nor_pandas_nor_redis() -> None:
    program = (
        "import sys; import caching.signals, caching.stats; from caching import CacheManager, CacheConfig, cached;"
        "CacheManager(CacheConfig(file_cache_enabled=False)).set('key', [1]);"
        "print(sorted({'django', 'pandas', 'numpy', 'redis', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
