"""Mixed faults of everything the collector talks to, each campaign a function of its seed: SEEDS of them, from SEED on. A seed
that failed is played again by `make soak SOAK=faults SEED=<it> SEEDS=1`."""

import os
import random
import time

import pytest

from audit import audit
from parts import wait_until

SEED = int(os.environ.get("SEED", "1"))
SEEDS = int(os.environ.get("SEEDS", "20"))
SPEED = 5
# What the model exchange does wrong on demand, without changing what was traded.
WRONG = ["reset", "close", "shutdown", "silence", "no_pings", "slow", "mute", "duplicate", "disorder", "late", "burst", "fragments",
         "chunks", "binary", "utf8", "malformed", "member", "oversized", "unknown", "ack_lost", "ack_wrong", "ack_error", "refuse",
         "stall", "rest_error"]
NOTICED = 5 * SPEED  # market seconds until feed.silence is over, and some more
SPOILS = {"mute", "binary", "utf8", "malformed", "late"}


class Faults:
    """What can be done to a campaign. Each leaves the world healed; between doing and healing lies market time."""

    def __init__(self, campaign, rnd):
        self.campaign, self.rnd = campaign, rnd
        self.servers, self.proxies = campaign.servers, campaign.servers.proxies
        self.done = []

    def pause(self, low, high):
        """Some seconds of market time."""
        until = self.campaign.market_us() + int(self.rnd.uniform(low, high) * 1_000_000)
        self.campaign.wait_market(until)

    def kill_collector(self):
        self.campaign.kill()

    def kill_kafka(self):
        self.servers.kafka.kill()
        self.pause(0, 5)
        self.servers.restart(self.servers.kafka)

    def kill_postgres(self):
        self.servers.postgres.kill()
        self.pause(0, 5)
        self.servers.restart(self.servers.postgres)
        self.reconnect()

    def freeze_kafka(self):
        self.servers.kafka.freeze()
        self.pause(1, 10)
        self.servers.kafka.thaw()

    def freeze_postgres(self):
        self.servers.postgres.freeze()
        self.pause(1, 10)
        self.servers.postgres.thaw()

    def cut(self, name):
        """Every connection is closed, and none accepted for a while."""
        self.proxies.enable(name, False)
        self.pause(0, 5)
        self.proxies.heal(name)

    def black_hole(self, name):
        """Connections stay open and nothing comes through: half-open."""
        self.proxies.poison(name, "timeout", self.rnd.choice(["upstream", "downstream"]), timeout=0)
        self.pause(1, 25)
        self.proxies.heal(name)

    def reset(self, name):
        self.proxies.poison(name, "reset_peer", "downstream", timeout=self.rnd.randrange(200))
        self.pause(0, 3)
        self.proxies.heal(name)

    def slow(self, name):
        self.proxies.poison(name, "latency", "downstream", latency=self.rnd.randrange(20, 300), jitter=50)
        self.pause(1, 10)
        self.proxies.heal(name)

    def slice(self, name):
        """A few bytes at a time."""
        self.proxies.poison(name, "slicer", "downstream", average_size=self.rnd.randrange(1, 60), size_variation=0, delay=10)
        self.pause(1, 5)
        self.proxies.heal(name)

    def cut_after_bytes(self, name):
        """The connection ends somewhere within an answer, for example that to COMMIT."""
        self.proxies.poison(name, "limit_data", "downstream", bytes=self.rnd.randrange(1, 20_000))
        self.pause(1, 5)
        self.proxies.heal(name)

    def wrong(self, kind):
        """Some seconds of one of the exchange's own faults, on a part of what it can hit."""
        fault = {"fault": kind, "for": self.rnd.randrange(1, 10), "share": self.rnd.choice([0.1, 0.5, 1])}
        if kind == "silence":
            fault["for"] += NOTICED  # a connection that lives on without a word would lack what no id tells of
        self.campaign.frames_lost |= kind in SPOILS
        self.campaign.ask_exchange("POST", "/faults", fault)
        if kind in ("ack_lost", "ack_wrong", "ack_error", "refuse", "stall"):
            self.campaign.ask_exchange("POST", "/faults", {"fault": "reset"})  # so that there is something to hit
        self.pause(1, 12)

    def reconnect(self):
        """The test's own connection went with postgres."""
        self.campaign.stack.reconnect()

    def one(self):
        exchange = self.campaign.name
        kinds = [("kill_collector",), ("kill_kafka",), ("kill_postgres",), ("freeze_kafka",), ("freeze_postgres",)]
        kinds += [(what, where) for what in ("cut", "black_hole", "reset", "slow", "slice", "cut_after_bytes")
                  for where in (exchange, exchange, "postgres", "kafka")]
        kinds += [("wrong", kind) for kind in WRONG]
        what, *where = self.rnd.choice(kinds)
        self.done.append(" ".join([what, *(w.split("-")[0] for w in where)]))
        getattr(self, what)(*where)


@pytest.mark.parametrize("seed", range(SEED, SEED + SEEDS))
def test_faults(campaign_of, seed):
    rnd = random.Random(seed)
    campaign = campaign_of("faults", seed=seed, speed=SPEED)
    faults = Faults(campaign, rnd)
    began = time.monotonic()
    try:
        campaign.begun()
        for _ in range(rnd.randrange(1, 5)):
            faults.pause(0, 5)
            faults.one()
        faults.pause(15, 25)
        before = campaign.taken()
        wait_until(lambda: campaign.taken() > before, "records are taken again", 60)
        end_us = campaign.finish()
        figures = audit(campaign, end_us)
    except BaseException as e:
        e.add_note(f"seed {seed}: {'; '.join(faults.done)}")
        raise
    print(f"seed {seed}: {'; '.join(faults.done)}: {figures}, {time.monotonic() - began:.0f} s")
