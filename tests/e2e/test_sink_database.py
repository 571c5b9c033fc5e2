"""What PostgreSQL does to the sink's transactions: rows it refuses, failures that pass, answers that get lost."""

import os
import socket
import threading

from parts import wait_until
from test_sink import DAY_END, SYMBOLS, T0, Topics, assert_candles, market, sink, start, wait_settled  # noqa: F401

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
LATER = DAY_END + 2 * 86_400_000
PASSING = ["40001", "40P01", "57P01", "57P02", "57P03", "08006", "08000", "53100", "53200", "53300", "55P03"]


def write(stack, events):
    topics = Topics(stack)
    topics.control("begin", T0, symbols=SYMBOLS)
    for e in events:
        topics.event("trade", e["s"], e)
    topics.control("alive", DAY_END)
    topics.flush()
    return topics


def test_a_refused_row_goes_to_quarantine_alone(sink):  # noqa: F811
    """A constraint that some trades violate: they are found by halves; everything else is stored, and a restart changes nothing."""
    events = market(5, seconds=100, rate=20)
    bad = [e for n, e in enumerate(events) if n in (3, 700, 701, 1999)]
    start(sink).kill()
    sink.db.execute("ALTER TABLE raw_trade ADD CHECK ((symbol, id) NOT IN (%s))" % ", ".join(
        f"('{e['s']}', {e['t']})" for e in bad))
    topics = write(sink, events)
    collector = start(sink)
    wait_settled(sink, DAY_END)
    good = [e for e in events if e not in bad]
    assert sink.one("SELECT count(*) FROM raw_trade") == len(good)
    assert_candles(sink, good)
    rows = sink.rows("SELECT convert_from(record_value, 'UTF8')::json->>'t', reason FROM quarantine")
    assert sorted(int(number) for number, _ in rows) == sorted(e["t"] for e in bad)
    assert all("the database refuses it" in reason and "raw_trade" in reason for _, reason in rows)
    # What is read again to rebuild the open seconds must not bring them back.
    late = {**bad[-1], "t": bad[-1]["t"] + 50_000, "T": DAY_END + 500}
    topics.event("trade", late["s"], late)
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade") == len(good) + 1, "one more")
    collector.kill()
    start(sink)
    topics.control("alive", LATER)
    topics.flush()
    wait_settled(sink, LATER)
    assert_candles(sink, [*good, late])
    assert sink.one("SELECT count(*) FROM quarantine") == len(bad)


def test_failures_that_pass_are_tried_again(sink):  # noqa: F811
    """Each state once in the middle of a transaction, and one at its COMMIT: the same batch again, whole."""
    events = market(6, seconds=60, rate=10)
    start(sink).kill()
    sink.db.execute("CREATE SEQUENCE fault")
    sink.db.execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pricegraph AS $$ "
                    "DECLARE states text[] := '{" + ",".join(PASSING) + "}'; n bigint := nextval('fault'); BEGIN "
                    "IF n <= array_length(states, 1) THEN RAISE EXCEPTION 'fault %', n USING ERRCODE = states[n]; END IF; "
                    "RETURN NULL; END $$")
    sink.db.execute("CREATE TRIGGER fail AFTER UPDATE ON kafka_offset FOR EACH STATEMENT EXECUTE FUNCTION fail()")
    sink.db.execute("CREATE SEQUENCE late_fault")
    sink.db.execute("CREATE FUNCTION fail_late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pricegraph AS $$ "
                    "BEGIN IF nextval('late_fault') = 1 THEN RAISE EXCEPTION 'fault at commit' USING ERRCODE = '40001'; END IF; "
                    "RETURN NULL; END $$")
    sink.db.execute("CREATE CONSTRAINT TRIGGER fail_late AFTER UPDATE ON kafka_offset DEFERRABLE INITIALLY DEFERRED "
                    "FOR EACH ROW EXECUTE FUNCTION fail_late()")
    write(sink, events)
    collector = start(sink)
    wait_settled(sink, DAY_END)
    assert sink.one("SELECT last_value FROM fault") > len(PASSING) and sink.one("SELECT last_value FROM late_fault") > 1
    assert sink.one("SELECT count(*) FROM raw_trade") == len(events)
    assert_candles(sink, events)
    assert collector.stop() == 0


class Proxy:
    """Between the sink and PostgreSQL: cuts connections at their COMMIT, before it got there or before its answer comes back."""

    def __init__(self, target, cuts):
        self.target, self.cuts = target, list(cuts)
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            threading.Thread(target=self.to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client), daemon=True).start()

    def pump(self, source, sink_):
        try:
            while data := source.recv(65536):
                sink_.sendall(data)
        except OSError:
            pass
        self.cut(source, sink_)

    def to_server(self, client, server):
        try:
            while data := client.recv(65536):
                cut = self.next_cut() if COMMIT in data else None
                if cut == "answer":
                    client.shutdown(socket.SHUT_RDWR)  # the server's answer finds nobody
                    server.sendall(data)
                if cut:
                    break
                server.sendall(data)
        except OSError:
            pass
        if "cut" in locals() and cut == "answer":
            client.close()
            server.shutdown(socket.SHUT_WR)
            return
        self.cut(client, server)

    def next_cut(self):
        with self.lock:
            return self.cuts.pop(0) if self.cuts else None

    @staticmethod
    def cut(*sockets):
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def close(self):
        self.listener.close()


def test_a_lost_answer_to_commit_is_resolved_by_the_offsets(sink):  # noqa: F811
    """COMMIT took place, or did not, and nobody said so: every batch is stored once."""
    events = market(7, seconds=60, rate=20)
    proxy = Proxy(f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}", ["answer", "question", "answer", "answer", "question"])
    sink.set({"postgres.collector": f"host=127.0.0.1 port={proxy.port} dbname={sink.database} user=pricegraph_collector "
                                    "sslmode=disable gssencmode=disable", "sink.batch_events": 100})
    try:
        collector = start(sink)
        write(sink, events)
        wait_settled(sink, DAY_END)
        assert not proxy.cuts
        assert sink.one("SELECT count(*) FROM raw_trade") == len(events)
        assert_candles(sink, events)
        assert "sink_fenced" not in collector.text()
        assert collector.stop() == 0
    finally:
        proxy.close()
