"""A real PostgreSQL, one migrated database per test process, and the same few named people in every test."""

from __future__ import annotations

import contextvars
import hashlib
import os
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings

from config import Config
from tests.databases import ensure_database
from training import create_app
from training.accounts.models import RoleRecord, SignInSession, User, user_host
from training.budgets.models import Fund
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.access import Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db, embedded_url, normalised_url
from training.core.i18n import today
from training.courses.models import Course, Host
from training.needs.models import Round
from training.people.models import Employee, Place, Position, Unit

# The machine is shared: how long an example takes, or the making of it, says nothing about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

PASSWORD = "mật khẩu thử 1"
_KEPT = {"alembic_version", "role"}
_FROZEN = {"document"}  # whose rows a trigger keeps from being deleted


@pytest.fixture(scope="session")
def instance_dir() -> Iterator[Path]:
    """Everything that the tests leave on disk; short, because a socket's path is at most 107 bytes long."""
    folder = Path(tempfile.mkdtemp(prefix="tp-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(instance_dir: Path) -> str:
    """A database of this test process alone: on the server of DATABASE_URL, else on an embedded one."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    given = os.environ.get("DATABASE_URL")
    if not given:
        return embedded_url(instance_dir, name, may_create_databases=True)
    url = sa.make_url(normalised_url(given))
    ensure_database(url, name)
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def session_app(instance_dir: Path, database_url: str) -> Flask:
    app = create_app(
        Config,
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        INSTANCE_DIR=instance_dir,
        DATABASE_URL=database_url,
        SECRET_KEY="test",
        SECURITY_PASSWORD_SALT="test",
        SECURITY_PASSWORD_HASH="plaintext",
        SECURITY_PASSWORD_SCHEMES=["plaintext"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SERVER_NAME="127.0.0.1:5000",
        DEMO=False,
    )
    with app.app_context():
        # What a crash of this database would lose, nobody wants: commits need not wait for the disk.
        with db.engine.begin() as connection:
            name = connection.scalar(sa.text("SELECT current_database()"))
            connection.execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
        db.engine.dispose()
        upgrade(directory=str(Path(__file__).resolve().parent.parent / "migrations"))
        _empty()  # migrations bring the official holidays along: a test says itself which it has
    return app


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The application in a context of its own, over an empty database."""
    with session_app.app_context():
        yield session_app
        db.session.rollback()
        db.session.remove()
        _empty()


def _empty() -> None:
    """Remove every row, and count from 1 again.

    A test fills a few of the hundred tables. To truncate all of them makes and removes some five hundred files,
    and takes longer than most tests. One statement deletes from all tables that hold something: foreign keys,
    also in circles, are checked when it ends.
    """
    with db.engine.begin() as connection:
        tables = connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        names = [name for name in tables if name not in _KEPT]
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
        found = set(connection.scalars(sa.text(filled)))
        if found & _FROZEN:
            connection.execute(sa.text(f"TRUNCATE {', '.join(_FROZEN)} CASCADE"))
        if deleted := sorted(found - _FROZEN):
            parts = ", ".join(f'_{n} AS (DELETE FROM "{name}")' for n, name in enumerate(deleted))
            connection.execute(sa.text(f"WITH {parts} SELECT"))
        connection.execute(
            sa.text(
                "SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences"
                " WHERE schemaname = 'public' AND last_value IS NOT NULL"
            )
        )


class Browser(FlaskClient):
    """A client whose every request has a context, a database session and a signed-in person of its own, as on the
    server; the test's own session then sees what the request committed."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():  # not so within a redirect that is followed
            db.session.expire_all()
        return response


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = Browser
    return app.test_client()


def begin_session(user: User) -> str:
    """The key of a new session of `user`, begun beside whatever the test has not committed."""
    key = secrets.token_urlsafe()
    values = {
        "user_id": user.id,
        "token_hash": hashlib.sha256(key.encode()).hexdigest(),
        "fs_uniquifier": user.fs_uniquifier,
        "remembered": False,
        "began_at": utcnow(),
        "seen_at": utcnow(),
        "address": "127.0.0.1",
        "device": "",
    }
    with db.engine.begin() as connection:
        connection.execute(sa.insert(SignInSession).values(values))
    return key


def login(client: FlaskClient, user: User) -> None:
    """Sign `user` in, as their browser would be after the sign-in page."""
    key = begin_session(user)
    with client.session_transaction() as session:
        session["_user_id"] = key
        session["_fresh"] = True
        session["fs_cc"] = "set"
        session["fs_paa"] = 4102444800.0
        session["identity.user_id"] = user.fs_uniquifier


def make_user(
    code: str, name: str, *roles: Role, units: Sequence[Unit] = (), employee: Employee | None = None
) -> User:
    """An account with PASSWORD, for use inside an operation."""
    records = list(db.session.scalars(sa.select(RoleRecord).where(RoleRecord.name.in_(roles))))
    user = User(
        code=code,
        name=name,
        email=f"{code}@example.vn",
        password=unicodedata.normalize("NFKD", PASSWORD),  # as the sign-in library compares it
        active=True,
        fs_uniquifier=code,
        roles=records,
        units=list(units),
        employee=employee,
    )
    db.session.add(user)
    return user


@dataclass
class Province:
    """A tiny province: two communes under one province, two courses, one fund, two classes, one open round."""

    place_x: Place
    place_y: Place
    province: Unit
    commune_x: Unit
    commune_y: Unit
    position: Position
    chi: Employee
    dung: Employee
    basic: Course
    advanced: Course  # has no prerequisites unless the test adds one
    host: Host
    fund: Fund
    class_basic: TrainingClass
    class_advanced: TrainingClass
    round: Round
    year: int


@dataclass
class People:
    """The same few accounts in every test."""

    an: User  # planner
    binh: User  # unit officer of commune X
    chi: User  # trainee of commune X
    dung: User  # trainee of commune Y
    quan: User  # administrator
    ha: User  # head of commune X
    giang: User  # appraiser
    khanh: User  # finance officer
    long: User  # keeps the classes of the host


@pytest.fixture
def province(app: Flask) -> Province:
    day = today()
    year = day.year + 1
    start = day.replace(year=year, month=3, day=2)
    with operation(SYSTEM, "test.province"):
        x, y = Place(code="X", name="Hạ Long"), Place(code="Y", name="Cẩm Phả")
        db.session.add_all([x, y])
        province = Unit(code="T", name="UBND tỉnh", kind="province", place=x)
        commune_x = Unit(code="XA1", name="Phường Hồng Gai", kind="commune", parent=province, place=x)
        commune_y = Unit(code="XA2", name="Phường Cẩm Phả", kind="commune", parent=province, place=y)
        position = Position(code="CM", name="Chuyên môn")
        chi = Employee(code="NV001", name="Trần Thị Chi", unit=commune_x, position=position)
        dung = Employee(code="NV002", name="Lê Văn Dũng", unit=commune_y, position=position)
        basic = Course(code="CV", name="Quản lý nhà nước ngạch chuyên viên", kind="state_management", days=5)
        advanced = Course(
            code="CVC", name="Quản lý nhà nước ngạch chuyên viên chính", kind="state_management", days=5
        )
        host = Host(code="TCT", name="Trường Chính trị tỉnh", place=x)
        fund = Fund(code=f"NST{year}", name="Ngân sách tỉnh", year=year, amount=1_000_000_000)
        db.session.add_all([province, commune_x, commune_y, chi, dung, basic, advanced, host, fund])

        def training_class(code: str, course: Course, first_day: int) -> TrainingClass:
            first = start + timedelta(days=first_day)
            option = ClassOption(
                code=f"{code}-a",
                place=x,
                sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
            )
            made = TrainingClass(
                code=code,
                name=f"Lớp {course.name}",
                year=year,
                course=course,
                host=host,
                fund=fund,
                min_seats=1,
                max_seats=10,
                fixed_cost=10_000_000,
                seat_cost=500_000,
                options=[option],
            )
            db.session.add(made)
            return made

        class_basic = training_class("L001", basic, 0)
        class_advanced = training_class("L002", advanced, 14)
        round_ = Round(
            code=f"D{year}",
            name=f"Đợt đăng ký {year}",
            year=year,
            opens_on=day - timedelta(days=5),
            closes_on=day + timedelta(days=20),
        )
        db.session.add(round_)
    db.session.commit()
    return Province(
        x, y, province, commune_x, commune_y, position, chi, dung, basic, advanced, host, fund,
        class_basic, class_advanced, round_, year,
    )  # fmt: skip


@pytest.fixture
def people(province: Province) -> People:
    with operation(SYSTEM, "test.people"):
        made = People(
            an=make_user("an", "Nguyễn Văn An", Role.PLANNER),
            binh=make_user("binh", "Phạm Thị Bình", Role.UNIT_OFFICER, units=[province.commune_x]),
            chi=make_user("NV001", "Trần Thị Chi", Role.TRAINEE, employee=province.chi),
            dung=make_user("NV002", "Lê Văn Dũng", Role.TRAINEE, employee=province.dung),
            quan=make_user("quan", "Hoàng Quản", Role.ADMINISTRATOR),
            ha=make_user("ha", "Đỗ Thị Hà", Role.LEADER, units=[province.commune_x]),
            giang=make_user("giang", "Vũ Giang", Role.APPRAISER),
            khanh=make_user("khanh", "Bùi Khánh", Role.FINANCE),
            long=make_user("long", "Cao Thế Long", Role.HOST),
        )
        db.session.flush()
        db.session.execute(sa.insert(user_host).values(user_id=made.long.id, host_id=province.host.id))
    db.session.commit()
    return made
