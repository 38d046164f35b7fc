"""The database: one PostgreSQL, embedded by default; conventions that every model shares."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import sqlalchemy as sa
from flask import Flask, g, has_request_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column, registry

from .. import embedded
from .vietnamese import clean_code, code_key, nfc, person_sort_key, search_key, sort_key

_Row = TypeVar("_Row")
_COLLECTIONS = gc.get_threshold()


def labelled(label: Any, *, fits: tuple[str, Any] | None = None) -> dict[str, Any]:
    """Return the `info` of a column: its label on pages and in the audit log; (pattern, message) for its text."""
    return {"label": label, "fits": fits}


def labelled_values(row: Any) -> list[tuple[Any, Any]]:
    """Return (label, value) of the labelled columns of `row`, in the order of the model."""
    return [(c.info["label"], getattr(row, c.key)) for c in row.__table__.c if c.info.get("label")]


class _Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: sa.DateTime(timezone=True)},
    )


db = SQLAlchemy(model_class=_Base)
migrate = Migrate()

if TYPE_CHECKING:
    Base = _Base
else:
    Base = db.Model  # the same, bound to the application's engine

KeyText = sa.String(collation="C")  # sort keys compare byte by byte, whatever the server's locale


class Record:
    """Base of editable rows: an id, and a version that prevents lost updates."""

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)

    @sa.orm.declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Named(Record):
    """A row with a code and a Vietnamese name, and the keys that lists search and sort by.

    Codes that differ only in case, or in invisible characters, are the same: they are stored clean, and a unique
    index over `upper(code)` rejects duplicates.
    """

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(400))
    search_key: Mapped[str] = mapped_column(sa.String(900))
    sort_key: Mapped[str] = mapped_column(KeyText, index=True)

    def searchable(self) -> str:
        """Return all texts that a search for this row may match."""
        return f"{self.code} {self.name}"

    def sortable(self) -> str:
        return sort_key(self.name)

    def __str__(self) -> str:
        return self.name


class PersonNamed(Named):
    __abstract__ = True

    def sortable(self) -> str:
        return person_sort_key(self.name)


@event.listens_for(Named, "before_insert", propagate=True)
@event.listens_for(Named, "before_update", propagate=True)
def _set_keys(_mapper: Any, _connection: Any, row: Named) -> None:
    row.code = clean_code(row.code)
    row.name = nfc(row.name)
    row.search_key = search_key(row.searchable())
    row.sort_key = row.sortable()


@event.listens_for(Mapper, "after_configured")
def _index_codes() -> None:
    """Add the unique index over codes to every table of rows with a code."""
    for mapper in _Base.registry.mappers:
        table = mapper.local_table
        if not issubclass(mapper.class_, Named) or not isinstance(table, sa.Table):
            continue
        name = f"uq_{table.name}_code_folded"
        if all(index.name != name for index in table.indexes):
            sa.Index(name, sa.func.upper(table.c.code), unique=True)


def same_code(column: Any, code: str) -> Any:
    """Return the condition that `column` holds this code, in any case; the index over codes answers it."""
    return sa.func.upper(column) == code_key(code)


def held(model: type[_Row], row_id: int, *, key_share: bool = False) -> _Row:
    """Return the current row with that id, locked until the transaction ends.

    `Session.get_one` with a lock raises if this session had read an older version of the row; here the lock makes
    the new version safe.

    Args:
        key_share: rows that merely point to it may be written meanwhile.
    """
    statement = sa.select(model).where(sa.inspect(model).primary_key[0] == row_id)
    locked = statement.with_for_update(key_share=key_share, of=model)
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()


# -- the server -----------------------------------------------------------------------------------------------


def embedded_url(instance_dir: Path, database: str = "training", *, may_create_databases: bool = False) -> str:
    """Use the embedded PostgreSQL under `instance_dir` until this process ends, and wait until it is ready.

    Returns:
        The URL of `database`.
    """
    url = embedded.url(instance_dir, database, may_create_databases=may_create_databases)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    event.listen(engine, "do_connect", _connect_patiently)
    engine.connect().close()
    return url.render_as_string(hide_password=False)


def _connect_patiently(dialect: Any, _record: Any, cargs: Any, cparams: Any) -> Any:
    """Connect to the embedded server, waiting while it starts or recovers. A page reports at once instead."""
    since, told = time.monotonic(), 0.0
    while True:
        try:
            return dialect.connect(*cargs, **cparams)
        except psycopg.OperationalError as error:
            if (has_request_context() and g.get(_ANSWERING)) or not is_away(error):
                raise
            told = embedded.wait_for(str(cparams.get("host", "")), error, since, told)


_ANSWERING = "answering"  # set while a request from outside is answered
# Classes of errors of a server that cannot work now: connections, shutdown, start, too many clients.
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")


def is_away(error: BaseException | None) -> bool:
    """Return whether `error`, or its cause, is a database that cannot be reached now."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            return True
        if isinstance(error, sa.exc.TimeoutError):  # no connection became free
            return True
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            if error.sqlstate is not None:
                if error.sqlstate.startswith(_AWAY):
                    return True
            elif isinstance(error, psycopg.OperationalError) or "closed" in str(error):
                return True
        error = (isinstance(error, sa.exc.DBAPIError) and error.orig) or error.__cause__ or error.__context__
    return False


def wait_for_none() -> None:
    """From now on, while this request is answered, report an unavailable database at once."""
    setattr(g, _ANSWERING, True)


def reach() -> None:
    """Take this request's connection, so that an unavailable database is reported before anything is done.

    Raises:
        sa.exc.OperationalError: the database is unavailable.
    """
    db.session.connection()


def _let_go(_error: BaseException | None) -> None:
    """Release the connection. A connection lost after the response was made is ignored."""
    try:
        db.session.remove()
    except sa.exc.DBAPIError as error:
        if not is_away(error):
            raise
        db.session.registry.clear()


def normalised_url(url: str) -> str:
    """Return `url` with the psycopg 3 driver, as SQLAlchemy expects it."""
    return sa.make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def psycopg_conninfo() -> str:
    """Return the connection string of the running application, for psycopg itself."""
    return db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def init_app(app: Flask) -> None:
    given = app.config["DATABASE_URL"]
    url = sa.make_url(normalised_url(given)) if given else embedded.url(app.config["INSTANCE_DIR"])
    app.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8})
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(app.root_path).parent / "migrations"))
    app.teardown_appcontext(_let_go)  # before the library's own, which would break a finished response
    if not given:
        with app.app_context():
            event.listen(db.engine, "do_connect", _connect_patiently)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Make garbage collection rare: hundreds of thousands of objects are created and stay.

    Searching all of them again and again takes a third of the time.
    """
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*_COLLECTIONS)  # the first of several to end does so for all
