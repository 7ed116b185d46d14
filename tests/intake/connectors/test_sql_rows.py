import logging
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from loopback.reading import NOW, Reader
from pydantic import SecretStr, ValidationError
from sqlalchemy.dialects import mssql

from blocklight.config.city import SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.sql_guards import Guard
from blocklight.intake.connectors.sql_rows import Mark, SqlRows

pytestmark = pytest.mark.anyio

PASSWORD = "Sw0rdfish & co"  # noqa: S105 - what must not leak
TABLE = """
CREATE TABLE calls (
  number text, received timestamp, type text, lon numeric(9, 5), lat double precision, edited timestamptz,
  caller text
)
"""


def sql_source(url: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
    plain = {
        "id": "cad",
        "label": "Calls",
        "connector": "sql",
        "url": url,
        "query": "SELECT * FROM calls WHERE type <> 'TEST 12:30%'",
        "key": ["number"],
        "closes": "never",
        "cursor_column": "edited",
        "overlap_s": 60,
        "timeout_s": 5,
        "fields": {
            "received_at": {"from": "received", "convert": "local"},
            "source_type": "type",
            "agency": {"default": "police"},
            "lon": {"from": "lon", "convert": "float"},
            "lat": {"from": "lat", "convert": "float"},
        },
    }
    return SourceSpec.model_validate(plain | changes)


@dataclass
class Cad:
    """A dispatch system's database of PostgreSQL, with a login for us that may read and one that writes."""

    url: str
    engine: sa.Engine
    server: sa.Engine

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def add(self, number: int, edited: str = "2024-03-11 05:00:00+00", caller: str = "J. Doe") -> None:
        received = "2024-03-10 22:00:00"
        values = f"'{number}', '{received}', 'CAR FIRE', -95.3, 29.7, '{edited}', '{caller}'"
        self.run(f"INSERT INTO calls VALUES ({values})")  # noqa: S608 - our own tests' values


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[Cad]:
    server = sa.make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE cad_of_tests")
    url = server.set(database="cad_of_tests")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    yield Cad(plain, sa.create_engine(url, poolclass=sa.NullPool), engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE cad_of_tests WITH (FORCE)")


@pytest.fixture
def cad(database: Cad) -> Cad:
    database.run("DROP TABLE IF EXISTS calls", TABLE)
    return database


async def test_rows_of_postgresql_are_read_by_the_cursor_column_with_only_the_columns_we_name(
    cad: Cad,
) -> None:
    for number in range(3):
        cad.add(number, f"2024-03-11 05:0{number}:00+00")
    async with Reader(sql_source(cad.url)) as reader:
        first = await reader.fetch()
        assert first.error is None
        assert [row["number"] for row in first.rows] == ["0", "1", "2"]
        assert first.rows[0] == {
            "number": "0",
            "received": "2024-03-10T22:00:00",
            "type": "CAR FIRE",
            "lon": -95.3,
            "lat": 29.7,
            "edited": first.rows[0]["edited"],
        }
        cad.add(3, "2024-03-11 05:03:00+00")
        cad.run(
            "UPDATE calls SET type = 'CAR FIRE AGAIN', edited = '2024-03-11 05:04:00+00' WHERE number = '0'"
        )
        second = await reader.fetch(first.cursor)
    assert [row["number"] for row in second.rows] == [
        "1",
        "2",
        "3",
        "0",
    ]  # those of the last minute once more


async def test_past_the_row_limit_the_next_fetch_of_postgresql_goes_on(cad: Cad) -> None:
    for number in range(12):
        cad.add(number)
    seen: set[str] = set()
    cursor = None
    async with Reader(sql_source(cad.url, max_rows=4)) as reader:
        for _ in range(6):
            fetched = await reader.fetch(cursor)
            assert fetched.error is None
            assert len(fetched.rows) <= 4
            cursor = fetched.cursor
            seen |= {row["number"] for row in fetched.rows}
    assert seen == {str(number) for number in range(12)}


async def test_a_first_fetch_begins_some_days_ago_by_times_with_and_without_a_zone(cad: Cad) -> None:
    cad.add(1, "2024-02-01 05:00:00+00")
    cad.add(2)
    cad.run("UPDATE calls SET received = '2024-02-01 05:00:00' WHERE number = '1'")
    for column in ("edited", "received"):
        async with Reader(sql_source(cad.url, first_days=3, cursor_column=column)) as reader:
            fetched = await reader.fetch()
        assert fetched.error is None
        assert [row["number"] for row in fetched.rows] == ["2"]


async def test_numbers_and_row_versions_are_cursors_as_well(cad: Cad) -> None:
    cad.add(1)
    cad.add(2)
    cad.run(
        "ALTER TABLE calls ADD COLUMN version bigint, ADD COLUMN stamp bytea",
        "UPDATE calls SET version = number::int + 5000000000",
        "UPDATE calls SET stamp = decode('0000000000ff000' || number, 'hex')",
    )
    for column in ("version", "stamp"):
        async with Reader(sql_source(cad.url, cursor_column=column)) as reader:
            first = await reader.fetch()
            assert [row["number"] for row in first.rows] == ["1", "2"]
            second = await reader.fetch(first.cursor)
            assert [row["number"] for row in second.rows] == ["2"]


async def test_a_text_that_is_no_time_does_not_become_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "cad.sqlite3"
    row = ("2024-03-10 22:00:00", "CAR FIRE", -95.3, 29.7)
    with closing(sqlite3.connect(path, isolation_level=None)) as calls:
        calls.execute(TABLE.replace("timestamptz", "text"))
        calls.execute("INSERT INTO calls VALUES ('1', ?, ?, ?, ?, 'soon', '')", row)
        async with Reader(sql_source(f"sqlite:///{path}")) as reader:
            first = await reader.fetch()
            assert (len(first.rows), first.cursor) == (1, None)
            calls.execute("INSERT INTO calls VALUES ('2', ?, ?, ?, ?, '2024-03-10 22:00:00', '')", row)
            second = await reader.fetch()
            assert second.cursor
            calls.execute("INSERT INTO calls VALUES ('3', ?, ?, ?, ?, '2024-03-10 22:05:00', '')", row)
            third = await reader.fetch(second.cursor)
    assert {row["number"] for row in third.rows} == {"1", "2", "3"}


async def test_a_call_that_the_query_no_longer_gives_may_close(cad: Cad) -> None:
    cad.add(1)
    async with Reader(sql_source(cad.url, closes="vanish")) as reader:
        fetched = await reader.fetch("anything")
    assert (len(fetched.rows), fetched.complete) == (1, [True])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM calls FOR UPDATE",
        "WITH gone AS (DELETE FROM calls RETURNING *) SELECT * FROM gone",
        "SELECT *, nextval('counter') FROM calls",
        "SELECT * FROM calls) AS a, (SELECT 1) AS b -- ",
    ],
)
async def test_a_query_that_would_lock_or_change_something_is_refused_and_changes_nothing(
    cad: Cad, query: str
) -> None:
    cad.add(1)
    cad.run("CREATE SEQUENCE IF NOT EXISTS counter")
    async with Reader(sql_source(cad.url, query=query)) as reader:
        fetched = await reader.fetch()
    assert isinstance(fetched.error, SourceChanged)
    assert str(fetched.error) == "the database refuses the query"
    with cad.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM calls").scalar() == 1


@pytest.mark.parametrize("query", ["DELETE FROM calls", "SELECT 1; DROP TABLE calls", "CALL everything()"])
def test_a_query_is_one_select(query: str) -> None:
    with pytest.raises(ValidationError, match=r"expected one SELECT|without a semicolon"):
        sql_source("postgresql://reader@127.0.0.1/cad", query=query)


async def test_a_table_that_somebody_locks_is_not_waited_for_and_read_when_it_is_free(cad: Cad) -> None:
    cad.add(1)
    async with Reader(sql_source(cad.url)) as reader:
        with cad.engine.connect() as other:
            other.exec_driver_sql("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
            fetched = await reader.fetch()
            assert isinstance(fetched.error, SourceUnavailable)
            assert fetched.error.explained == "timed out: somebody else holds a lock"
            other.rollback()
        assert len((await reader.fetch()).rows) == 1


async def test_our_reading_holds_up_nobody_who_writes(cad: Cad) -> None:
    cad.add(1)
    with Guard.of(sql_source(cad.url), None).connection() as ours:
        assert len(ours.exec_driver_sql("SELECT * FROM calls").all()) == 1
        cad.run(
            "SET LOCAL lock_timeout = 1",
            "INSERT INTO calls SELECT * FROM calls",
            "UPDATE calls SET type = 'NOISE'",
            "DELETE FROM calls WHERE lat IS NULL",
        )


async def test_a_question_that_takes_too_long_is_ended_in_the_database_too(cad: Cad) -> None:
    cad.add(1)
    slow = sql_source(cad.url, query="SELECT *, pg_sleep(60)::text AS s FROM calls", timeout_s=0.3)
    async with Reader(slow) as reader:
        fetched = await reader.fetch()
    assert str(fetched.error) == "timed out"
    with cad.engine.connect() as connection:
        running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'blocklight'"
        assert connection.exec_driver_sql(running).scalar() == 0


async def test_a_database_that_goes_away_and_returns_is_read_again(cad: Cad) -> None:
    cad.add(1)
    async with Reader(sql_source(cad.url)) as reader:
        assert len((await reader.fetch()).rows) == 1
        with cad.server.connect() as server:
            server.exec_driver_sql("ALTER DATABASE cad_of_tests WITH ALLOW_CONNECTIONS false")
            assert (await reader.fetch()).error is not None
            server.exec_driver_sql("ALTER DATABASE cad_of_tests WITH ALLOW_CONNECTIONS true")
        assert len((await reader.fetch()).rows) == 1


async def test_nobody_at_the_address_is_unavailable() -> None:
    async with Reader(sql_source("postgresql://reader@127.0.0.1:9/cad")) as reader:
        fetched = await reader.fetch()
    assert isinstance(fetched.error, SourceUnavailable)
    assert fetched.error.explained == "cannot be reached: connection refused"


async def test_a_database_that_hangs_is_given_up_and_not_asked_twice_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel accepts, and nobody answers
        port = silent.getsockname()[1]
        source = sql_source(f"postgresql://reader@127.0.0.1:{port}/cad", timeout_s=0.1)
        async with Reader(source) as reader:
            first, second = await reader.fetch(), await reader.fetch()
    assert str(first.error) == "timed out"
    assert second.error is not None
    assert "has not let go of the last question" in second.error.explained


async def test_a_column_that_is_gone_is_named_with_those_that_are_there(cad: Cad) -> None:
    cad.add(1)
    cad.run("ALTER TABLE calls RENAME COLUMN edited TO last_changed")
    async with Reader(sql_source(cad.url)) as reader:
        error = (await reader.fetch()).error
    assert isinstance(error, SourceChanged)
    assert str(error) == "column 'edited' is gone"
    assert "last_changed" in error.heading


async def test_a_row_that_comes_twice_is_passed_on_twice_and_stored_once_by_its_key(cad: Cad) -> None:
    cad.add(1)
    cad.add(1)
    async with Reader(sql_source(cad.url)) as reader:
        fetched = await reader.fetch()
    assert [row["number"] for row in fetched.rows] == ["1", "1"]


async def test_rows_of_a_size_without_end_are_not_read_to_it(cad: Cad) -> None:
    cad.add(1)
    query = "SELECT number, received, lon, lat, edited, repeat('x', 200000) AS type FROM calls"
    wide = sql_source(cad.url, query=query, max_bytes=1000)
    async with Reader(wide) as reader:
        assert str((await reader.fetch()).error) == "an answer larger than max_bytes"


async def test_the_password_is_in_no_error_no_log_and_no_city_file(
    cad: Cad, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = sa.make_url(cad.url).set(username="nobody").render_as_string()
    async with Reader(sql_source(url), token=PASSWORD) as reader:
        error = (await reader.fetch()).error
        held = repr(vars(reader.connector))
    assert error is not None
    for text in (error.explained, repr(error), caplog.text, held):
        assert PASSWORD not in text
    for bad in ("postgresql://reader:secret@127.0.0.1/cad", "postgresql://127.0.0.1/cad?password=secret"):
        with pytest.raises(ValidationError, match="BLOCKLIGHT_SOURCE_PASSWORDS"):
            sql_source(bad)


def test_a_password_is_of_one_source_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKLIGHT_SOURCE_PASSWORDS", f'{{"cad": "{PASSWORD}"}}')
    own = sql_source("postgresql://reader@127.0.0.1/cad")
    settings = Settings()
    secret = settings.secret_of(own)
    assert secret is not None
    assert secret.get_secret_value() == PASSWORD
    assert settings.secret_of(own.model_copy(update={"id": "other"})) is None
    assert PASSWORD not in repr(settings)
    monkeypatch.setenv("BLOCKLIGHT_SOURCE_PASSWORDS", f"cad={PASSWORD}")
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert "expected a JSON object" in str(raised.value.errors()[0]["msg"])


async def test_a_file_of_sqlite_is_read_while_somebody_writes_and_never_made(tmp_path: Path) -> None:
    path = tmp_path / "cad file.sqlite3"
    source = sql_source(f"sqlite:///{path}", query="SELECT * FROM calls", timeout_s=1)
    async with Reader(source) as reader:
        missing = (await reader.fetch()).error
        assert isinstance(missing, SourceUnavailable)
        assert missing.explained == "cannot be reached: no such file"
        assert not path.exists()
        with sqlite3.connect(path, isolation_level=None) as cad:
            cad.execute(TABLE.replace("timestamptz", "text"))
            row = ("1", "2024-03-10 22:00:00", "CAR FIRE", -95.3, 29.7, "2024-03-10 22:00:00", "J. Doe")
            cad.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            assert len((await reader.fetch()).rows) == 1
            cad.execute("BEGIN EXCLUSIVE")
            locked = (await reader.fetch()).error
            assert locked is not None
            assert locked.explained == "timed out: somebody else holds a lock"
            cad.execute("ROLLBACK")
            again = await reader.fetch((await reader.fetch()).cursor)
            assert len(again.rows) == 1
        cad.close()


async def test_a_question_without_end_to_sqlite_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "cad.sqlite3"
    sqlite3.connect(path).close()
    path.touch()
    counting = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x AS number, x AS received, x AS type, x AS lon, x AS lat, x AS edited FROM n WHERE x < 0"
    )
    async with Reader(sql_source(f"sqlite:///{path}", query=counting, timeout_s=0.3)) as reader:
        assert str((await reader.fetch()).error) == "timed out"


def test_a_driver_that_is_missing_is_named() -> None:
    source = sql_source("mssql+pyodbc://reader@127.0.0.1/cad?driver=ODBC+Driver+18+for+SQL+Server")
    with pytest.raises(SourceChanged) as raised, Guard.of(source, None).connection():
        pass
    assert raised.value.explained == (
        "the database's driver is missing: install the driver of mssql+pyodbc beside Blocklight"
    )


def test_what_sql_server_is_told_and_asked() -> None:
    source = sql_source("mssql+pyodbc://reader@127.0.0.1/cad", max_rows=500, query="SELECT * FROM dbo.Calls")
    guard = Guard.of(source, SecretStr(PASSWORD))
    assert guard.beginning == ("SET LOCK_TIMEOUT 1000",)
    assert guard.isolation == "READ UNCOMMITTED"
    whole = source.model_copy(update={"closes": "vanish"})
    assert (
        Guard.of(whole, None).isolation == "SNAPSHOT"
    )  # a dirty read may miss a row, which would close a call
    assert PASSWORD not in repr(guard)
    rows = SqlRows(source, None, lambda: NOW)
    heading = ["number", "received", "type", "lon", "lat", "edited", "caller"]
    mark = Mark(datetime(2024, 3, 11, 5, 0, tzinfo=UTC).replace(tzinfo=None), ("7",))
    compiled = rows.statement(heading, heading[:-1], mark).compile(dialect=mssql.dialect())  # type: ignore[no-untyped-call]
    assert " ".join(str(compiled).split()) == (
        "SELECT TOP __[POSTCOMPILE_param_1] calls.number, calls.received, calls.type, calls.lon, calls.lat, "
        "calls.edited FROM (SELECT * FROM dbo.Calls) AS calls WHERE calls.edited IS NOT NULL AND "
        "(calls.edited > :param_2 OR calls.edited = :param_3 AND calls.number >= :param_4) "
        "ORDER BY calls.edited, calls.number"
    )
    assert PASSWORD not in str(compiled)
