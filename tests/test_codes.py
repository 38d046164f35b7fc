"""A code is one identity: neither its case nor a character that nobody sees makes a second one."""

from importlib import util
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask.testing import FlaskClient

from tests.conftest import PASSWORD, People, Province, login
from training.accounts.operations import save_user
from training.budgets.operations import save_fund
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM, operation
from training.core.db import Base, Named, db
from training.core.errors import Refused
from training.core.vietnamese import clean_code, nfc, person_sort_key, search_key
from training.courses.operations import save_course, save_host
from training.people.models import Position
from training.people.operations import save_employee, save_position, save_unit

SAVERS: list[tuple[Any, str]] = [
    (save_employee, "nv001"),
    (save_unit, "xa1"),
    (save_position, "cm"),
    (save_course, "cv"),
    (save_host, "Tct"),
    (save_fund, "nst{year}"),
    (save_training_class, "l001"),
    (save_user, "BINH"),
]


@pytest.mark.parametrize(("save", "code"), SAVERS)
@pytest.mark.parametrize("sign", ["", "\u200b", "\ufeff", "\u00ad", "\u200e", "\u2060"])
def test_no_operation_takes_a_code_twice(
    province: Province, people: People, save: Any, code: str, sign: str
) -> None:
    given = code.format(year=province.year)
    with pytest.raises(Refused) as refused:
        save({"code": f"{given[:2]}{sign}{given[2:]}", "name": "Người thứ hai"}, actor=SYSTEM)
    assert any(fault.field == "code" and "đã" in fault.message for fault in refused.value.faults)


def test_every_table_of_codes_has_the_index(province: Province) -> None:
    """Whatever path a row comes by, the database has the last word."""
    tables = [m.local_table.name for m in Base.registry.mappers if issubclass(m.class_, Named)]
    for table in (*tables, "class_option"):
        names = {one["name"] for one in sa.inspect(db.engine).get_indexes(table)}
        assert f"uq_{table}_code_folded" in names
    with operation(SYSTEM, "test.twice") as session:
        session.add(Position(code="cm", name="Hai lần"))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_the_same_row_keeps_its_code_in_another_case(province: Province) -> None:
    assert save_position({"code": "Cm"}, actor=SYSTEM, row=province.position).code == "Cm"


def test_letters_of_another_alphabet_are_refused(province: Province) -> None:
    for values in ({"code": "С1", "name": "Chuyên viên"}, {"code": "C1", "name": "Chuyên viên cаo cấp"}):
        with pytest.raises(Refused, match="bảng chữ khác"):
            save_position(values, actor=SYSTEM)
    saved = save_position({"code": "TN", "name": "Tiếng Nga (русский язык)"}, actor=SYSTEM)
    assert "русский" in saved.name


def test_the_d_of_other_languages_is_meant_as_ours(province: Province) -> None:
    row = save_employee(
        {"code": "NV009", "name": "Ðặng\u200b Văn\u00a0Ðông", "unit_id": province.commune_x.id}, actor=SYSTEM
    )
    db.session.flush()
    assert row.name == "Đặng Văn Đông"
    assert row.search_key == "nv009 dang van dong"
    assert row.sort_key == person_sort_key("Đặng Văn Đông")


@pytest.mark.parametrize("given", ["Ðông", "đông", "ĐO\u0302NG", "Đ\u200bông", "ｄｏｎｇ"])
def test_a_search_finds_what_is_meant(given: str) -> None:
    assert search_key(given) == "dong"


def test_codes_are_stored_clean() -> None:
    assert clean_code(" NV\u2011001\ufeff ") == "NV-001"
    assert clean_code("ＮＶ００１") == "NV001"
    assert nfc("a\u2003b\u3000c") == "a b c"


def test_an_account_signs_in_in_any_case(client: FlaskClient, people: People) -> None:
    answer = client.post("/login", data={"identity": "BINH\u200b", "password": PASSWORD})
    assert answer.status_code == 302


def test_a_person_is_named_by_a_code_in_any_case(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    page = client.post("/absences/new", data={"employee_id": "nv001", "first": "1/3/2030", "last": "2/3/2030"})
    assert page.status_code == 302


def _migration() -> Any:
    file = next((Path(__file__).parent.parent / "migrations" / "versions").glob("*_codes_without_case.py"))
    spec = util.spec_from_file_location("codes_without_case", file)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _migrate(connection: sa.Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        _migration().upgrade()


def _before(connection: sa.Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        _migration().downgrade()


def test_rows_of_older_releases_are_mended(province: Province) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        _before(connection)
        connection.execute(sa.text("UPDATE employee SET code = 'NV\u200b001', name = 'Ðỗ\u00ad Chi',"
                                   " search_key = 'nv\u200b001 ðo\u00ad chi', sort_key = '~'"
                                   " WHERE code = 'NV001'"))  # fmt: skip
        _migrate(connection)
        found = connection.execute(
            sa.text("SELECT code, name, search_key, sort_key FROM employee WHERE code = 'NV001'")
        ).one()
        connection.rollback()
    assert tuple(found) == ("NV001", "Đỗ Chi", "nv001 do chi", person_sort_key("Đỗ Chi"))


def test_codes_that_collide_are_reported_and_nothing_is_changed(province: Province) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        _before(connection)
        connection.execute(sa.text("UPDATE employee SET code = 'nv\u200b001' WHERE code = 'NV002'"))
        with pytest.raises(Exception, match=r"employee: NV001 \(id 1, Trần Thị Chi\); nv\\u200b001 \(id 2"):
            _migrate(connection)
        connection.rollback()
