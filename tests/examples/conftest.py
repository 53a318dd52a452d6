"""A demo in the console of the tests."""

from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from ahgd_ops.access.roles import ensure_groups
from examples.demo import rows
from examples.demo.place import Place


@pytest.fixture
def place(live_server: LiveServer, tmp_path: Path) -> Place:
    from django.apps import apps

    ensure_groups(apps)
    place = Place(tmp_path, live_server.url, "http://127.0.0.1:1")
    rows.make(place.token_file)
    place.data_dir.mkdir()
    return place
