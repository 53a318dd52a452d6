import pytest

from tests.scripts.conftest import Checkout

pytestmark = pytest.mark.once


@pytest.mark.parametrize("arguments", ["--engine mysql", "--engine=mysql", "--engine"])
def test_an_engine_that_is_none_is_refused_before_anything_is_installed(checkout: Checkout, arguments: str) -> None:
    refused = checkout.run(f'"$0" scripts/test {arguments}')
    assert refused.returncode == 1
    assert "--engine takes sqlite, postgresql or both" in refused.stderr
    assert checkout.installations() == 0
