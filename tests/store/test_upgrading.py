"""The schema, its migrations, and databases that are not ours."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from blocklight.errors import StoreError
from blocklight.store import FetchReport, LedgerRow, Store
from blocklight.store.schema.tables import area_ledger, city_ledger, ledger, log, metadata
from store.databases import Database
from store.making import START

_NEW_COLUMNS = (
    ("020", "source", "withheld_for_weeks"),
    ("019", "incident", "imported"),
    ("018", "incident", "subcategory"),
    ("005", "held", "counted"),
    ("006", "held", "bound"),
    ("006", "withheld", "medical_once"),
    ("006", "incident", "medical_once"),
    ("008", "log", "epoch"),
    ("010", "held", "first_seen_at"),
    ("010", "held", "closed_seen_at"),
    ("014", "held", "was_shown"),
    ("015", "withheld", "companion"),
    ("017", "withheld", "time_step_min"),
    ("016", "log", "next_object"),
    ("016", "log", "object_key"),
    ("016", "incident", "object_id"),
    *(("011", "source", name) for name in ("closings", "short_at", "short_confirmed", "withheld_usual")),
)


def _index(index: Any) -> str:  # noqa: ANN401 - what the inspector tells
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str(index | {"dialect_options": options})


def _described(connection: sa.Connection) -> dict[str, object]:
    inspector = sa.inspect(connection)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(map(str, inspector.get_foreign_keys(table))),
            sorted(map(str, inspector.get_unique_constraints(table))),
            sorted(map(str, inspector.get_check_constraints(table))),
            sorted(map(_index, inspector.get_indexes(table))),
            None if connection.dialect.name == "sqlite" else inspector.get_table_comment(table),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _made_old(connection: sa.Connection, version: str) -> None:
    """Take away what came after a version of the schema from 003 on."""
    if version < "012":
        connection.exec_driver_sql("DROP TABLE restraint")
    if version < "013":
        connection.exec_driver_sql("DROP TABLE place_mark")
    if version < "009":
        connection.exec_driver_sql("ALTER TABLE source ADD COLUMN records INTEGER NOT NULL DEFAULT 0")
        connection.exec_driver_sql("ALTER TABLE source ADD COLUMN rejected TEXT NOT NULL DEFAULT '{}'")
    if version < "016":
        connection.exec_driver_sql("DROP INDEX incident_object")
    if version < "007":
        connection.exec_driver_sql("DROP INDEX incident_said")
    for since, table, column in _NEW_COLUMNS:
        if version < since:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    alembic = sa.table("alembic_version", sa.column("version_num"))
    connection.execute(alembic.update().values(version_num=version))


def test_the_migrations_build_exactly_the_tables_that_the_code_describes(
    database: Database, tmp_path: Path
) -> None:
    database.open().close()
    with database.connection() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = _described(connection)
        if database.is_sqlite:
            twin = sa.create_engine(f"sqlite:///{tmp_path}/twin.db")
            with twin.begin() as other:
                metadata.create_all(other)
                described = _described(other)
            twin.dispose()
        else:
            connection.exec_driver_sql("CREATE SCHEMA twin")
            connection.exec_driver_sql("SET LOCAL search_path = twin")
            metadata.create_all(connection)
            sa.inspect(connection).clear_cache()
            described = _described(connection)
            connection.exec_driver_sql("DROP SCHEMA twin CASCADE")
    assert len(migrated) == len(metadata.tables) == 17
    assert migrated == described


def test_opening_twice_changes_nothing(database: Database) -> None:
    with database.emptied(), database.open() as again:
        assert again.head() == 0


def test_a_database_from_before_epochs_gets_one(database: Database) -> None:
    with database.emptied():
        with database.connection() as connection:
            _made_old(connection, "007")
        with database.open() as store:
            assert len(store.epoch()) == 8


def test_a_stored_reason_that_counts_rows_is_worded_without_a_number(database: Database) -> None:
    with database.emptied():
        with database.open() as store:
            store.record_fetch(
                FetchReport("calls", START, 60, failure="64 % of 14 records could not be read")
            )
            store.record_fetch(FetchReport("other", START, 60, failure="HTTP 500"))
        with database.connection() as connection:
            _made_old(connection, "008")
        with database.open() as store:
            reasons = {health.source: health.reason for health in store.sources()}
    assert reasons == {"calls": "too many of its records cannot be read", "other": "HTTP 500"}


def test_another_citys_database_is_refused(database: Database) -> None:
    database.open().close()
    with pytest.raises(StoreError, match="belongs to the city 'testville'"):
        Store.open(database.url, "elsewhere")


def test_the_ledger_of_each_source_is_added_up_for_the_whole_city_once(database: Database) -> None:
    counted = [
        {"day": f"2026-01-{day}", "source": source, "outcome": outcome, "reason": reason, "n": n}
        for day in (30, 31)
        for source, n in (("dispatch", 4), ("requests", 7))
        for outcome, reason in (("published", ""), ("withheld", "sensitive"))
    ]
    with database.emptied():
        with database.connection() as connection:
            _made_old(connection, "003")
            city_ledger.drop(connection)
            connection.execute(ledger.insert(), counted)
        with database.open() as store:
            told = store.ledger(date(2026, 1, 1), date(2026, 12, 31))
    assert told == [
        LedgerRow(date(2026, 1, day), outcome, reason, 11)
        for day in (30, 31)
        for outcome, reason in (("published", ""), ("withheld", "sensitive"))
    ]


def test_what_waited_in_the_past_is_counted_by_what_became_of_it(database: Database) -> None:
    old = [("published", "", 9), ("held", "", 8), ("released", "", 6), ("withheld", "sensitive", 3)]
    old += [("withheld_later", "sensitive", 1), ("withheld_later", "policy", 1)]
    when = {
        ledger: {"day": "2026-01-30", "source": "dispatch"},
        city_ledger: {"day": "2026-01-30"},
        area_ledger: {"month": "2026-01", "area_kind": "beat", "area_id": "04X"},
    }
    told = {}
    with database.emptied():
        with database.connection() as connection:
            _made_old(connection, "004")
            for table, keys in when.items():
                rows = [{**keys, "outcome": outcome, "reason": reason, "n": n} for outcome, reason, n in old]
                connection.execute(table.insert(), rows)
        database.open().close()
        for table in when:
            told[table.name] = sorted(tuple(row)[-3:] for row in database.rows(table))
    expected = [
        ("held", "", 6),
        ("published", "", 9),
        ("withheld", "policy", 1),
        ("withheld", "sensitive", 4),
    ]
    assert told == {table.name: expected for table in when}


def test_a_newer_schema_is_refused(database: Database) -> None:
    database.open().close()
    version = sa.table("alembic_version", sa.column("version_num"))
    with database.connection() as connection:
        current = connection.scalar(sa.select(version.c.version_num))
        connection.execute(version.update().values(version_num="999"))
    with pytest.raises(StoreError, match="newer than this version"):
        database.open()
    with database.connection() as connection:
        connection.execute(version.update().values(version_num=current))


def test_a_refused_database_is_left_as_it_was(database: Database) -> None:
    database.open().close()
    before = database.rows(log)
    with pytest.raises(StoreError):
        Store.open(database.url, "elsewhere")
    assert database.rows(log) == before


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite://", "expected postgresql://user@host/name or sqlite:///file"),
        ("sqlite:///:memory:", "expected postgresql://user@host/name or sqlite:///file"),
        ("mysql://localhost/city", "not mysql"),
        ("no url", "expected postgresql://"),
    ],
)
def test_a_url_of_another_kind_is_refused(url: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason):
        Store.open(url, "testville")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "city.db").write_text("this is not a database, however long it may be " * 50)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        Store.open(f"sqlite:///{tmp_path}/city.db", "testville")


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be used: unable to open .* must be writable for this user"):
        Store.open(f"sqlite:///{tmp_path}/nowhere/city.db", "testville")


def test_a_server_that_does_not_answer_is_refused() -> None:
    with pytest.raises(StoreError, match=r"cannot be used: .*refused") as raised:
        Store.open("postgresql://nobody:hidden@127.0.0.1:1/city?connect_timeout=2", "testville")
    assert "hidden" not in str(raised.value)
    assert "\n" not in str(raised.value)
