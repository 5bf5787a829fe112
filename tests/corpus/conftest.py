"""The whole ward for a module: its tests ask, and leave it as they found it or say so."""

from collections.abc import Iterator

import pytest

from tests.support.servers import Databases
from tests.support.whole import Whole, whole


@pytest.fixture(scope="module")
def ward(databases: Databases) -> Iterator[Whole]:
    with whole(databases) as world:
        yield world
