"""Where a spread sweep's results go: an SQLite file, or a PostgreSQL database by URL.

Both have the schema of docs/sweeps.md, and both take a shard as often as it comes: its results count once.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from .shards import SweepError, schedule_option


class Store(Protocol):
    """Takes shards; knows which it has."""

    name: str

    def open(self, spec: str, schedule: str | None = None) -> dict[str, Any]:
        """Makes the store if it is missing; what the spec asks for, as `trnsim sweep --plan` says it.

        `schedule` is whose order instructions have where the spec does not say so.
        """

    def done(self, turn: int, count: int) -> set[int]:
        """The shards of a round that are merged."""

    def add(self, turn: int, shard: int, count: int, content: bytes) -> None:
        """Merges a shard's store."""

    def before(self, turn: int) -> bytes:
        """An SQLite store with the results of all rounds before this one."""

    def died(self) -> list[tuple[str, str]]:
        """Variants whose process ended while it simulated them, and how."""


def open_store(name: str, tool: str) -> Store:
    """A store by its name: a PostgreSQL URL, or the path of a file."""
    if name.startswith(("postgresql://", "postgres://")):
        return PostgresStore(name, tool)
    if "://" in name:
        raise SweepError(f"there is no store '{name.partition('://')[0]}://…'\n"
                         "  help: a file, or postgresql://user:password@host/database")
    return SqliteStore(name, tool)


def _tool(tool: str, *arguments: str) -> str:
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SweepError(done.stderr.strip().removeprefix("error: ") or f"{tool} ended with {done.returncode}")
    return done.stdout


def _plan(tool: str, spec: str, store: str, schedule: str | None) -> dict[str, Any]:
    """Makes an SQLite store of a sweep; what will run."""
    return dict(json.loads(_tool(tool, "sweep", spec, "--store", store, "--plan", *schedule_option(schedule))))


class SqliteStore:
    """A file, which `trnsim merge` merges into; a journal beside it says which shards it has."""

    def __init__(self, path: str, tool: str) -> None:
        self.name = path
        self._tool = tool
        self._journal = Path(path + ".shards")

    def open(self, spec: str, schedule: str | None = None) -> dict[str, Any]:
        return _plan(self._tool, spec, self.name, schedule)

    def done(self, turn: int, count: int) -> set[int]:
        found: set[int] = set()
        if not self._journal.exists():
            return found
        head = _head(turn)
        for line in self._journal.read_text(encoding="utf-8").splitlines():
            shard, _, of = line.removeprefix(head).partition("/")
            # A last line that was cut off does not count.
            if line.startswith(head) and of == str(count) and shard.isdigit():
                found.add(int(shard))
        return found

    def add(self, turn: int, shard: int, count: int, content: bytes) -> None:
        with _file(content) as part:
            _tool(self._tool, "merge", self.name, part)
        # After the merge: whoever is killed between the two merges this shard again, which changes nothing.
        with open(self._journal, "a", encoding="utf-8") as file:
            file.write(f"{_head(turn)}{shard}/{count}\n")

    def before(self, turn: int) -> bytes:
        return Path(self.name).read_bytes()

    def died(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.name)) as store:
            return store.execute(_DIED).fetchall()


_DIED = "SELECT variant, reason FROM result WHERE status = 'died' ORDER BY rung, id"


def _head(turn: int) -> str:
    return f"{turn}:" if turn else ""


class PostgresStore:
    """A database: tables as in SQLite, and `merged` with the shards that it has.

    A shard and its line in `merged` are one transaction. Several drivers may fill a store at a time.
    """

    #: Two drivers that make the tables at once wait for each other: "TRNS".
    _LOCK = 0x54524E53

    def __init__(self, url: str, tool: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise SweepError("a PostgreSQL store needs psycopg\n  help: pip install 'psycopg[binary]', or name a file "
                             "with --store") from None
        self._psycopg = psycopg
        self._url = url
        self._tool = tool
        parts = urlsplit(url)
        # Without the password, for messages.
        self.name = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
        self._folder = tempfile.TemporaryDirectory(prefix="trnsim-store-")
        #: An SQLite store of the same sweep: its schema, and the results that rounds go on from.
        self._local = os.path.join(self._folder.name, "local.sqlite")
        self._columns: list[str] = []

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            with self._psycopg.connect(self._url, connect_timeout=20) as connection:
                yield connection
        except self._psycopg.Error as error:
            raise SweepError(f"{self.name}: {' '.join(str(error).split())}\n  help: check the URL and the server; the "
                             "same command goes on where it was") from error

    def open(self, spec: str, schedule: str | None = None) -> dict[str, Any]:
        plan = _plan(self._tool, spec, self._local, schedule)
        with closing(sqlite3.connect(self._local)) as local:
            tables = [row[0] for row in local.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")]
            self._columns = [row[1] for row in local.execute("PRAGMA table_info(result)")]
            identity = dict(local.execute("SELECT key, value FROM sweep"))
        with self._transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [self._LOCK])
            for table in tables:
                connection.execute(table.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
            connection.execute("CREATE TABLE IF NOT EXISTS merged (rung INTEGER NOT NULL, shard INTEGER NOT NULL, "
                               "shards INTEGER NOT NULL, PRIMARY KEY (rung, shard, shards))")
            known = dict(connection.execute("SELECT key, value FROM sweep").fetchall())
            if not known:
                for item in identity.items():
                    connection.execute("INSERT INTO sweep VALUES (%s, %s)", item)
            elif known != identity:
                differ = sorted(key for key in known.keys() | identity.keys() if known.get(key) != identity.get(key))
                raise SweepError(f"{self.name} holds results of another sweep: {', '.join(differ)} differ\n  help: name "
                                 "another database, or a schema: ?options=-csearch_path%3Dname")
        return plan

    def done(self, turn: int, count: int) -> set[int]:
        with self._transaction() as connection:
            return {row[0] for row in connection.execute(
                "SELECT shard FROM merged WHERE rung = %s AND shards = %s", [turn, count])}

    def add(self, turn: int, shard: int, count: int, content: bytes) -> None:
        columns = ", ".join(self._columns)
        with _file(content) as part, closing(sqlite3.connect(part)) as theirs, self._transaction() as connection:
            connection.execute("CREATE TEMPORARY TABLE incoming (LIKE result) ON COMMIT DROP")
            with connection.cursor().copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
                for row in theirs.execute(f"SELECT {columns} FROM result"):
                    copy.write_row(row)
            other = connection.execute(
                "SELECT i.variant FROM result r JOIN incoming i USING (rung, id) "
                "WHERE r.status <> 'died' AND i.status <> 'died' AND "
                f"({' OR '.join(f'r.{name} IS DISTINCT FROM i.{name}' for name in self._columns)}) "
                "ORDER BY rung, id LIMIT 1").fetchone()
            if other is not None:
                raise SweepError(f"{self.name} has another result for '{other[0]}'\n  help: one of the two was made by "
                                 "another version; run the sweep again into an empty database")
            # What died on one host may have a result of another.
            connection.execute("DELETE FROM result r USING incoming i WHERE r.rung = i.rung AND r.id = i.id "
                               "AND r.status = 'died' AND i.status <> 'died'")
            connection.execute(f"INSERT INTO result ({columns}) SELECT {columns} FROM incoming ON CONFLICT DO NOTHING")
            connection.execute("INSERT INTO merged VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [turn, shard, count])

    def before(self, turn: int) -> bytes:
        columns, places = ", ".join(self._columns), ", ".join("?" * len(self._columns))
        with self._transaction() as connection, closing(sqlite3.connect(self._local)) as local, local:
            rows = connection.execute(f"SELECT {columns} FROM result WHERE rung < %s", [turn])
            local.executemany(f"INSERT OR IGNORE INTO result ({columns}) VALUES ({places})", rows)
        return Path(self._local).read_bytes()

    def died(self) -> list[tuple[str, str]]:
        with self._transaction() as connection:
            return [(row[0], row[1]) for row in connection.execute(_DIED).fetchall()]


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    """Bytes as a file of its own."""
    with tempfile.TemporaryDirectory(prefix="trnsim-merge-") as directory:
        path = Path(directory) / "shard.sqlite"
        path.write_bytes(content)
        yield str(path)
