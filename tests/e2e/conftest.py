import os

import pytest

from feed_parts import Feed
from parts import DATA, Stack
from ws_server import Server


def pytest_collection_modifyitems(items):
    """Without the servers of tests/with_postgres and tests/with_kafka no test here means anything."""
    for name in ("PRICEGRAPH_TEST_PG", "PRICEGRAPH_TEST_KAFKA"):
        if name not in os.environ:
            raise pytest.UsageError(f"{name} is not set: run `make e2e`, or tests/with_postgres tests/with_kafka pytest")


@pytest.fixture
def recordings():
    if not (DATA / "ws").is_dir():
        pytest.skip(f"no recordings: {DATA} is absent (set PRICEGRAPH_DATA)")
    return DATA / "ws"


@pytest.fixture
def stack_of(tmp_path):
    """Makes stacks: stack_of(venue, settings)."""
    made = []

    def make(venue, settings=None):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Stack(folder, venue, settings))
        return made[-1]

    yield make
    for stack in made:
        stack.close()


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def feed_of(tmp_path):
    made = []

    def make(**settings):
        made.append(Feed(tmp_path, **settings))
        return made[-1]

    yield make
    for feed in made:
        feed.close()
