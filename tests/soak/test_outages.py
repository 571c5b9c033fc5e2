"""Kafka away, then PostgreSQL away, for MINUTES each (a part of one in `make test`) while the exchange goes on at about 1,000 frames a
second: memory stays within its bound, and everything is there afterwards."""

import os
import pathlib
import re
import time

from audit import audit
from parts import wait_until

SECONDS = float(os.environ.get("MINUTES", "0.25")) * 60
QUEUE_BYTES = 64 << 20
READ_AHEAD_BYTES = 12 * (12 << 20) + (128 << 20)  # 4 symbols of 3 streams: 4 MiB of values each and what librdkafka needs for them; two batches
RATE = 1000


def resident(program):
    """Bytes now, and at most so far."""
    text = pathlib.Path(f"/proc/{program.process.pid}/status").read_text()
    return tuple(int(re.search(rf"{key}:\s+(\d+)", text).group(1)) * 1024 for key in ("VmRSS", "VmHWM"))


def frames(campaign):
    """How many the exchange has made so far."""
    with open(campaign.stack.folder / "truth.txt", "rb") as lines:
        return sum(1 for _ in lines)


def outage(campaign, name, seconds):
    """Cuts it off for so long; what the collector held before, and at most."""
    before, _ = resident(campaign.collector)
    began_us = campaign.market_us()
    campaign.servers.proxies.enable(name, False)
    campaign.wait_market(began_us + int(seconds * campaign.speed * 1_000_000), seconds * 2 + 60)
    most = resident(campaign.collector)[1]
    campaign.servers.proxies.heal(name)
    taken = campaign.taken()
    wait_until(lambda: campaign.taken() > taken, lambda: f"records are taken again\n{campaign.tail()}", 60)
    return before, most


def test_outages(campaign_of):
    # As many market seconds a second as give the rate: measured first, at the speed of the market itself.
    campaign = campaign_of("rate", seed=3, speed=1)
    campaign.begun()
    first, at = frames(campaign), time.monotonic()
    wait_until(lambda: frames(campaign) - first > 300, "frames", 60)
    speed = max(1, round(RATE / ((frames(campaign) - first) / (time.monotonic() - at))))
    campaign.collector.kill()
    campaign.exchange.kill()

    campaign = campaign_of("outages", seed=3, speed=speed, settings={
        "feed.silence": 15, "kafka.queue.buffering.max.kbytes": QUEUE_BYTES >> 10})
    campaign.begun()
    first, at = frames(campaign), time.monotonic()
    kafka = outage(campaign, "kafka", SECONDS)
    postgres = outage(campaign, "postgres", SECONDS)
    rate = (frames(campaign) - first) / (time.monotonic() - at)
    end_us = campaign.finish(SECONDS * 4 + 120)
    figures = audit(campaign, end_us)
    print(f"outages of {SECONDS:.0f} s at {rate:.0f} frames/s, speed {speed}: Kafka {kafka[0] >> 20} to {kafka[1] >> 20} MiB, "
          f"PostgreSQL {postgres[0] >> 20} to {postgres[1] >> 20} MiB, {figures}")
    assert kafka[1] - kafka[0] < 1.5 * QUEUE_BYTES
    assert postgres[1] - postgres[0] < READ_AHEAD_BYTES
