"""Queries on the tables over HTTP, as AWS's agent asks Neuron Explorer: `POST /api/v1/db/NAME/_search` on this machine alone.

What comes back is ours, since the vendor's answers have no published form: `{"columns": […], "rows": [{…}]}`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from ..errors import PackageMissingError
from .schema import TABLES

PORT = 3002

#: Answers have at most so many rows; a query of an agent's says LIMIT.
_ROWS = 100_000


class QueryError(Exception):
    """A request that cannot be answered: a status of HTTP, and why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Profiles:
    """Profiles below a folder, by name; each is read when it is first asked for, into a database that reads no files after that."""

    def __init__(self, data_path: str) -> None:
        self._folder = os.path.join(data_path, "profiles", "global")
        self._open: dict[str, tuple[float, Any]] = {}
        try:
            self._duckdb = importlib.import_module("duckdb")
        except ImportError as error:
            raise PackageMissingError("queries need DuckDB, which is not installed\n  help: pip install duckdb, or read the files: "
                                      "--ingest-only") from error

    def answer(self, name: str, request: Any) -> Any:
        """The answer to a request about a profile.

        Raises:
            QueryError: for a profile that there is not, a kind of request, a query that is none.
        """
        kind = request.get("type") if isinstance(request, dict) else None
        database = self._database(name)
        if kind == "listDbFiles":
            return {"files": [f"{table}.parquet" for table in TABLES]}
        if kind == "tableSchema":
            table = request.get("tableName")
            if table not in TABLES:
                raise QueryError(400, f"there is no table '{table}', they are {', '.join(TABLES)}")
            return {"table": table, "fields": [{"name": field, "type": kind} for field, kind in TABLES[table].items()]}
        if kind == "databaseExplorerQuery":
            query = request.get("query")
            if not isinstance(query, str) or not re.match(r"\s*(SELECT|WITH|DESCRIBE|SHOW)\b", query, re.IGNORECASE):
                raise QueryError(400, "a query is a SELECT")
            try:
                found = database.cursor().execute(query)
                columns = [column[0] for column in found.description]
                return {"columns": columns, "rows": [dict(zip(columns, row)) for row in found.fetchmany(_ROWS)]}
            except self._duckdb.Error as error:
                raise QueryError(400, str(error)) from error
        raise QueryError(400, f"there is no request of type '{kind}': databaseExplorerQuery, tableSchema or listDbFiles")

    def _database(self, name: str) -> Any:
        folder = os.path.join(self._folder, f"{name}@latest")
        try:
            changed = os.stat(os.path.join(folder, "SchemaFields.parquet")).st_mtime
        except OSError:
            raise QueryError(404, f"there is no profile '{name}'") from None
        known = self._open.get(name)
        if known is not None and known[0] == changed:
            return known[1]
        database = self._duckdb.connect()
        for table in TABLES:
            database.execute(f'CREATE TABLE "{table}" AS SELECT * FROM read_parquet(?)', [os.path.join(folder, f"{table}.parquet")])
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        self._open[name] = (changed, database)
        return database


def server(profiles: Profiles, port: int = PORT) -> HTTPServer:
    """A server of this machine's own, which `serve_forever` starts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/api/v1/health":
                self._send(200, {"status": "healthy", "simulated_by": "trnsim"})
            else:
                self._send(404, {"error": f"there is nothing at {self.path}"})

        def do_POST(self) -> None:
            found = re.fullmatch(r"/api/v1/db/([\w.+-]+)/_search", self.path)
            # A page of somebody else's, in a browser of this machine, names another host.
            if (self.headers.get("Host") or "").rpartition(":")[0] not in ("localhost", "127.0.0.1"):
                self._send(403, {"error": "for programs of this machine"})
                return
            if found is None:
                self._send(404, {"error": f"there is nothing at {self.path}"})
                return
            try:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self._send(200, profiles.answer(found[1], request))
            except QueryError as error:
                self._send(error.status, {"error": str(error)})
            except ValueError as error:
                self._send(400, {"error": f"no JSON: {error}"})

        def _send(self, status: int, answer: Any) -> None:
            text = json.dumps(answer, default=str).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nobody reads a log here."""

    return HTTPServer(("127.0.0.1", port), Handler)
