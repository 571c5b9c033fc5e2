import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))


@pytest.fixture(scope="session")
def servers():
    from servers import Servers
    made = Servers()
    yield made
    made.close()
