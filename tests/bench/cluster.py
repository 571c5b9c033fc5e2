"""A PostgreSQL of its own for the measurements that read much: a quarter of the memory for its buffers, as its manual says, and statements counted."""

import os
import pathlib
import subprocess

from parts import ROOT

OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB", "shared_preload_libraries=pg_stat_statements")
NAMES = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PRICEGRAPH_TEST_PG", "PRICEGRAPH_TEST_PG_DIR")


class Cluster:
    """While it is open, new stacks are in it."""

    def __init__(self, folder):
        self.folder = str(folder)
        buffers = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 >> 20
        self.before = {name: os.environ.get(name) for name in NAMES}
        self.call("init")
        options = [part for option in (*OPTIONS, f"shared_buffers={min(buffers, 4096)}MB") for part in ("-c", option)]
        self.process = subprocess.Popen([str(ROOT / "stack/postgres.sh"), "run", self.folder, *options], stdin=subprocess.DEVNULL)
        self.call("ready")
        host = str(pathlib.Path(self.folder) / "socket")
        os.environ.update({"PGHOST": host, "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": "postgres", "PRICEGRAPH_TEST_PG_DIR": self.folder,
                           "PRICEGRAPH_TEST_PG": f"host={host} port=5432 user=postgres dbname=postgres"})

    def call(self, command):
        subprocess.run([str(ROOT / "stack/postgres.sh"), command, self.folder], check=True, stdin=subprocess.DEVNULL)

    def close(self):
        self.call("stop")
        self.process.wait(30)
        for name, value in self.before.items():
            if value is not None:
                os.environ[name] = value
