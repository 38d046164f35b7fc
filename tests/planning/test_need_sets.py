"""People who sit in the same class, or not: from the sheet to the reason that somebody without a seat reads."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.imports.books import workbook
from tests.planning.conftest import Planned
from training.classes.operations import save_training_class
from training.core.access import Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import Enrolment
from training.enrolments.publishing import publish as enrolments
from training.enrolments.publishing.announced import mark_told
from training.imports import operations as imports
from training.imports.kinds.all_kinds import BY_NAME
from training.imports.writing import export
from training.needs.models import Need, NeedState
from training.people.models import Employee
from training.people.operations import save_absence
from training.planning import operations, snapshot
from training.planning.checks import pins as pin_checks
from training.planning.checks import preflight
from training.planning.models import NeedSet, OptimizerRun, Plan, RunNeed
from training.planning.need_sets import queries
from training.planning.need_sets.operations import delete_need_set, save_need_set

HEADER = [
    "Mã kế hoạch",
    "Tên nhóm",
    "Quyết định",
    "Mã nhân sự",
    "Mã chương trình",
    "Tối đa trong một lớp",
    "Căn cứ",
]


def save(plan: Plan, kind: str, *needs: Need, **more: object) -> NeedSet:
    values = {"plan_id": plan.id, "kind": kind, "need_ids": [need.id for need in needs], **more}
    made = save_need_set(values, actor=SYSTEM)
    db.session.commit()
    return made


def refused(plan: Plan, kind: str, *needs: Need, **more: object) -> list[str]:
    with pytest.raises(Refused) as error:
        save(plan, kind, *needs, **more)
    db.session.rollback()
    return [fault.message for fault in error.value.faults]


def reasons(run: OptimizerRun) -> dict[int, str | None]:
    rows = db.session.scalars(sa.select(RunNeed).where(RunNeed.run_id == run.id))
    return {row.need_id: row.reason for row in rows}


@pytest.mark.parametrize(
    ("kind", "told", "in_class", "own"),
    [
        (
            "Học cùng lớp",
            "together",
            "chưa thể cùng vào lớp này. Cụ thể: NV001.",
            "Phải học cùng lớp với người khác",
        ),
        (
            "Không học cùng lớp",
            "apart",
            "học cùng lớp với người này. Cụ thể: NV001.",
            "Không học cùng lớp với người đã có chỗ",
        ),
    ],
)
def test_from_the_sheet_to_the_reason_of_the_person(
    app: Flask,
    planned: Planned,
    province: Province,
    people: People,
    client: FlaskClient,
    optimise_really: Callable[[Plan], OptimizerRun],
    kind: str,
    told: str,
    in_class: str,
    own: str,
) -> None:
    """The class has room for both. Together, the absence of Chi keeps Dũng out; apart, only one gets in."""
    _third_person(province)
    if told == "together":
        _away(province)
    sheet = [
        HEADER,
        *(["KH1", "Văn thư", kind, who, "CV", None, "Hai người một phòng"] for who in ("NV001", "NV002")),
    ]
    imports.import_now("need_sets", "nhom.xlsx", workbook({"NhomHocVien": sheet}), actor=SYSTEM)
    db.session.commit()
    run = optimise_really(planned.plan)
    found = reasons(run)
    assert found[planned.dung_basic.id] == told
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/needs/{planned.dung_basic.id}").text
    assert in_class in page
    enrolments.publish(db.session.get_one(OptimizerRun, run.id), actor=people.an)
    mark_told(planned.plan.id, actor=people.an)
    db.session.commit()
    his = app.test_client()
    login(his, people.dung)
    assert own in his.get("/my-classes").text
    client.post("/language/en")
    assert "same class" in client.get(f"/runs/{run.id}/needs/{planned.dung_basic.id}").text or told == "apart"


def _third_person(province: Province) -> None:
    """For whom the class runs in any case."""
    with operation(SYSTEM, "test.third") as session:
        lan = Employee(code="NV003", name="Phạm Lan", unit=province.commune_y, position=province.position)
        session.add(Need(round=province.round, employee=lan, course=province.basic, priority=2))
    db.session.commit()


def _away(province: Province) -> None:
    day = province.class_basic.options[0].sessions[0].first
    save_absence({"employee_id": province.chi.id, "first": day, "last": day, "reason": "Bận"}, actor=SYSTEM)


def test_the_sheet_goes_out_as_it_came_in(planned: Planned, people: People) -> None:
    save(planned.plan, "apart", planned.chi_basic, planned.dung_basic, ground="Hai phó thay nhau")
    exported = export([BY_NAME["need_sets"]], scope=Scope(everything=True, sensitive=True))
    rows = list(openpyxl.load_workbook(io.BytesIO(exported))["NhomHocVien"].values)
    assert rows[:2] == [
        tuple(HEADER),
        ("KH1", "Nhóm 1", "Không học cùng lớp", "NV001", "CV", 1, "Hai phó thay nhau"),
    ]
    batch = imports.import_now("need_sets", "nhom.xlsx", exported, actor=SYSTEM)
    assert batch.preview["counts"]["need_sets"]["unchanged"] == 2


def test_a_sheet_with_one_person_in_a_set_is_refused(planned: Planned, people: People) -> None:
    sheet = workbook({"NhomHocVien": [HEADER, ["KH1", "A", "Học cùng lớp", "NV001", "CV", None, None]]})
    with pytest.raises(Refused) as error:
        imports.import_now("need_sets", "nhom.xlsx", sheet, actor=SYSTEM)
    assert "ít nhất hai người" in error.value.faults[0].message


def test_the_planner_makes_sees_and_removes_a_set(planned: Planned, people: People, client: FlaskClient) -> None:
    login(client, people.an)
    address = f"/plans/{planned.plan.id}/sets/new"
    assert "Thêm người" in client.get(address).text
    form = {
        "kind": "together", "name": "", "course_id": str(planned.chi_basic.course_id), "max_seats": "",
        "ground": "Cùng tổ công tác", "members-0-employee_id": "NV001", "members-1-employee_id": "",
    }  # fmt: skip
    assert "Cần chọn ít nhất hai người." in client.post(address, data=form).text
    grown = client.post(address, data={**form, "add_row": "members"}).text
    assert 'name="members-2-employee_id"' in grown
    answer = client.post(address, data={**form, "members-1-employee_id": "NV002 – Lê Văn Dũng"})
    assert answer.status_code == 302, answer.text
    page = client.get(f"/plans/{planned.plan.id}").text
    for text in ("Nhóm 1", "Học cùng lớp", "Trần Thị Chi (NV001), Lê Văn Dũng (NV002)", "Cùng tổ công tác"):
        assert text in page
    client.post(f"/sets/{db.session.scalars(sa.select(NeedSet.id)).one()}/delete", data={"confirmed": "1"})
    assert db.session.scalars(sa.select(NeedSet)).all() == []


def test_what_makes_no_sense_is_refused_in_words(planned: Planned, people: People) -> None:
    chi, dung, other = planned.chi_basic, planned.dung_basic, planned.chi_advanced
    assert refused(planned.plan, "together", chi) == ["Cần chọn ít nhất hai người."]
    assert refused(planned.plan, "together", dung, other) == [
        "Mọi người trong nhóm phải cùng có nhu cầu học một chương trình."
    ]
    assert (
        "số người được học cùng một lớp phải nhỏ hơn" in refused(planned.plan, "apart", chi, dung, max_seats=2)[0]
    )
    save(planned.plan, "together", chi, dung, name="Một")
    told = refused(planned.plan, "together", chi, dung, name="Hai")
    assert "Trần Thị Chi (NV001) đã thuộc nhóm “Một”." in told


def test_needs_that_are_no_longer_planned_leave_their_set(
    planned: Planned, province: Province, people: People
) -> None:
    save(planned.plan, "together", planned.chi_basic, planned.dung_basic)
    assert len(snapshot.take(planned.plan).instance.together) == 1
    with operation(SYSTEM, "test.withdraw"):
        planned.dung_basic.state = NeedState.WITHDRAWN
    db.session.commit()
    assert snapshot.take(planned.plan).instance.together == ()


def test_pins_that_contradict_a_set_are_refused_and_told(
    planned: Planned, province: Province, people: People
) -> None:
    first = province.class_basic
    second = save_training_class(
        {
            "code": "L003", "name": "Lớp ba", "year": first.year, "course_id": first.course_id, "min_seats": 1,
            "max_seats": 5, "fund_id": first.fund_id, "mode": "in_person",
            "options": [{"code": None, "place_id": province.place_x.id,
                         "sessions": [(s.first, s.last) for s in first.options[0].sessions]}],
        },
        actor=SYSTEM,
    )  # fmt: skip
    db.session.flush()
    pin = {"plan_id": planned.plan.id, "need_id": planned.chi_basic.id, "class_id": first.id, "kind": "pin"}
    operations.save_pin(pin, actor=people.an)
    db.session.commit()
    save(planned.plan, "together", planned.chi_basic, planned.dung_basic, name="Một")
    for kind, class_id in (("pin", second.id), ("ban", first.id)):
        other = {**pin, "need_id": planned.dung_basic.id, "class_id": class_id, "kind": kind}
        with pytest.raises(Refused) as error:
            operations.save_pin(other, actor=people.an)
        assert "nhóm “Một”" in error.value.faults[0].message.replace("Nhóm", "nhóm")
        db.session.rollback()
    delete_need_set(db.session.scalars(sa.select(NeedSet)).one(), actor=SYSTEM)
    operations.save_pin({**pin, "need_id": planned.dung_basic.id}, actor=people.an)
    db.session.commit()
    assert (
        "nhiều nhất 1 người của nhóm" in refused(planned.plan, "apart", planned.chi_basic, planned.dung_basic)[0]
    )


def test_who_sits_in_a_class_that_has_begun_binds_no_pin_of_the_others(
    planned: Planned, province: Province, people: People
) -> None:
    first = province.class_basic
    second = save_training_class(
        {
            "code": "L003", "name": "Lớp ba", "year": first.year, "course_id": first.course_id, "min_seats": 1,
            "max_seats": 5, "fund_id": first.fund_id, "mode": "in_person",
            "options": [{"code": None, "place_id": province.place_x.id,
                         "sessions": [(s.first, s.last) for s in first.options[0].sessions]}],
        },
        actor=SYSTEM,
    )  # fmt: skip
    option = first.options[0]
    with operation(SYSTEM, "test.seat"):
        db.session.add(
            Enrolment(
                plan_id=planned.plan.id, need_id=planned.chi_basic.id, employee_id=province.chi.id,
                class_id=first.id, option_id=option.id,
            )
        )  # fmt: skip
    pin = {"plan_id": planned.plan.id, "need_id": planned.chi_basic.id, "class_id": first.id, "kind": "pin"}
    operations.save_pin(pin, actor=people.an)
    save(planned.plan, "together", planned.chi_basic, planned.dung_basic, name="Một")
    with operation(SYSTEM, "test.begun"):
        option.sessions[0].first = option.sessions[0].last = today()
    db.session.commit()
    operations.save_pin({**pin, "need_id": planned.dung_basic.id, "class_id": second.id}, actor=people.an)
    db.session.commit()


def test_rows_of_a_set_with_different_grounds_are_refused(planned: Planned, people: People) -> None:
    rows = [
        ["KH1", "A", "Không học cùng lớp", who, "CV", 1, ground]
        for who, ground in (("NV001", "Thay nhau"), ("NV002", "Tổ trực"))
    ]
    assert any("cùng một căn cứ" in told for told in _told(workbook({"NhomHocVien": [HEADER, *rows]})))


def test_preflight_tells_of_a_set_that_no_class_takes(
    planned: Planned, province: Province, people: People
) -> None:
    save(planned.plan, "together", planned.chi_basic, planned.dung_basic, name="Một")
    save_training_class({"max_seats": 1}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()
    assert any(
        "Cả 2 người của nhóm “Một” sẽ không được xếp" in one.message for one in preflight.remarks(planned.plan)
    )


def test_a_change_of_a_plan_takes_its_sets_along(planned: Planned, people: People) -> None:
    save(planned.plan, "apart", planned.chi_basic, planned.dung_basic, name="Một")
    with operation(SYSTEM, "test.publish"):
        planned.plan.state = "published"
    db.session.commit()
    made = operations.replan(planned.plan, actor=people.an)
    db.session.commit()
    assert queries.of_plan(made) == queries.of_plan(planned.plan)
    assert operations.replan(planned.plan, actor=people.an).id == made.id, "the untouched one is taken"
    with pytest.raises(Refused):
        delete_need_set(queries.listed(planned.plan.id)[0], actor=SYSTEM)


def _sheet(*rows: tuple[str, str, str, int | None]) -> bytes:
    return workbook(
        {"NhomHocVien": [HEADER, *(["KH1", name, kind, who, "CV", most, None] for name, kind, who, most in rows)]}
    )


def _told(content: bytes) -> list[str]:
    with pytest.raises(Refused) as error:
        imports.import_now("need_sets", "nhom.xlsx", content, actor=SYSTEM)
    db.session.rollback()
    return [fault.message for fault in error.value.faults]


@pytest.mark.parametrize("existing", [False, True])
def test_all_rows_of_a_set_say_the_same(
    planned: Planned, province: Province, people: People, existing: bool
) -> None:
    _third_person(province)
    apart, together = "Không học cùng lớp", "Học cùng lớp"
    if existing:
        imports.import_now(
            "need_sets", "nhom.xlsx", _sheet(*(("A", apart, who, 1) for who in ("NV001", "NV002"))), actor=SYSTEM
        )
        db.session.commit()
    for first, second, third in (
        ((apart, 1), (apart, 2), (apart, 1)),
        ((apart, 2), (apart, 2), (apart, 1)),
        ((apart, 1), (together, 1), (apart, 1)),
        ((apart, 1), (apart, 1), (together, 1)),
    ):
        rows = [
            ("A", kind, who, most)
            for who, (kind, most) in zip(("NV001", "NV002", "NV003"), (first, second, third), strict=True)
        ]
        assert any("mọi dòng" in told.lower() for told in _told(_sheet(*rows)))
    imports.import_now(
        "need_sets",
        "nhom.xlsx",
        _sheet(*(("A", apart, who, 2) for who in ("NV001", "NV002", "NV003"))),
        actor=SYSTEM,
    )
    made = db.session.scalars(sa.select(NeedSet)).one()
    assert (made.kind, made.max_seats, len(made.members)) == ("apart", 2, 3), "said by all of its rows"


@pytest.mark.parametrize("contradicted", [False, True])
def test_a_sheet_is_judged_beside_the_pins_once(
    planned: Planned, province: Province, people: People, monkeypatch: pytest.MonkeyPatch, contradicted: bool
) -> None:
    pin = {"plan_id": planned.plan.id, "class_id": province.class_basic.id, "kind": "pin"}
    for need in (planned.chi_basic, planned.dung_basic) if contradicted else (planned.chi_basic,):
        operations.save_pin({**pin, "need_id": need.id}, actor=people.an)
    db.session.commit()
    calls = []
    real = pin_checks._Facts
    monkeypatch.setattr(pin_checks, "_Facts", lambda *given: calls.append(given) or real(*given))
    rows = [(f"N{number}", "Không học cùng lớp", who, 1) for number in range(20) for who in ("NV001", "NV002")]
    if contradicted:
        assert any("N7" in told for told in _told(_sheet(*rows)))
    else:
        imports.import_now("need_sets", "nhom.xlsx", _sheet(*rows), actor=SYSTEM)
        assert len(db.session.scalars(sa.select(NeedSet)).all()) == 20
    assert len(calls) <= 4, "of the preview and of the writing two each"
