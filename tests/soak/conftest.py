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


@pytest.fixture
def campaign_of(servers, tmp_path):
    """Makes campaigns: campaign_of(name, seed=, speed=, settings=). Whatever happens, nothing of them stays."""
    from campaign import Campaign
    made = []

    def make(name, **more):
        made.append(Campaign(servers, tmp_path / name, **more))
        return made[-1]

    yield make
    for name in ("postgres", "kafka"):
        servers.proxies.heal(name)
    for campaign in made:
        campaign.close()
