"""kill -9 of the collector, KILLS times, under load and with a known truth; beside it the two naive sinks, killed
as often, whose losses and doubles show that the audit can see such things. `make soak KILLS=1000` is the full form."""

import os
import random
import subprocess
import sys

from audit import audit
from parts import ROOT, wait_until

KILLS = int(os.environ.get("KILLS", "30"))
SPEED = 4


class Naive:
    def __init__(self, campaign, mode):
        self.table = mode.replace("-", "_")
        stack = campaign.stack
        stack.db.execute(f"CREATE TABLE public.{self.table} (symbol text, id bigint)")
        self.command = [sys.executable, str(ROOT / "tests/soak/naive.py"), mode, stack.values["kafka.bootstrap.servers"],
                        f"{stack.prefix}.synthetic.trade", stack.values["postgres.owner"], f"public.{self.table}"]
        self.stack = stack
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def running(self):
        return self.process.stdout.readline().strip() == "started"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def rows(self):
        return self.stack.one(f"SELECT count(*) FROM public.{self.table}")

    def has_the_last(self):
        last = "SELECT symbol, max(id) FROM {} GROUP BY 1 ORDER BY 1"
        return self.stack.rows(last.format("raw_trade")) == self.stack.rows(last.format("public." + self.table))

    def faults(self):
        """Trades that it doubled, and those that it lost: the topic holds each sent trade, raw_trade is what it held."""
        doubled = self.stack.one(f"SELECT count(*) - count(DISTINCT (symbol, id)) FROM public.{self.table}")
        lost = self.stack.one(f"SELECT count(*) FROM raw_trade r WHERE NOT EXISTS (SELECT FROM public.{self.table} n "
                              "WHERE n.symbol = r.symbol AND n.id = r.id)")
        return doubled, lost


def test_kills(campaign_of):
    campaign = campaign_of("kills", seed=7, speed=SPEED)
    rnd = random.Random(7)
    campaign.begun()
    naive = committing, automatic = Naive(campaign, "insert-then-commit"), Naive(campaign, "auto-commit")
    for n in range(KILLS):
        for sink in naive:
            assert sink.running()
        before, rows = campaign.taken(), committing.rows()
        wait_until(lambda b=before: campaign.taken() > b + rnd.randrange(200), f"progress before kill {n}", 60)
        automatic.kill()
        wait_until(lambda r=rows: committing.rows() > r, f"naive progress before kill {n}", 60)
        committing.kill()
        automatic.start()
        committing.start()
        campaign.kill()
    end_us = campaign.finish(120 + KILLS)  # many gaps are repaired at the pace that the exchange allows
    wait_until(lambda: all(sink.has_the_last() for sink in naive), "the naive sinks have read all that there is", 240)
    faults = [sink.faults() for sink in naive]
    for sink in naive:
        sink.kill()
    figures = audit(campaign, end_us)
    print(f"kills: {figures}; insert-then-commit doubled {faults[0][0]} lost {faults[0][1]}; "
          f"auto-commit doubled {faults[1][0]} lost {faults[1][1]}")
    assert faults[0][0] > 0, "insert-then-commit doubled nothing: these kills would not have shown a double"
    assert faults[1][1] > 0, "auto-commit lost nothing: these kills would not have shown a loss"
