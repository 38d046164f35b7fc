"""Planning lists: what is refused, what reviews and audits count."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.careers.conftest import Careers, staff
from tests.conftest import People, Province, login
from training.careers import queries
from training.careers.models import PlannedTitle, PlanningReview
from training.careers.operations import (
    delete_planned_title,
    save_career_limits,
    save_planned_title,
    save_planning_review,
)
from training.careers.rules import Size
from training.core.access import ALL, Scope
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.people.models import Employee, SensitiveRecord
from training.people.operations import save_employee
from training.standards.models import HeldTitle, Title

DAY = date(2026, 3, 1)


def plan(person: Employee, title: Title, province: Province, added_on: date = DAY, **more: object) -> PlannedTitle:
    values = {
        "employee_id": person.id, "title_id": title.id, "unit_id": province.commune_x.id, "added_on": added_on,
        **more,
    }  # fmt: skip
    saved = save_planned_title(values, actor=SYSTEM)
    db.session.commit()
    return saved


def test_the_limits_are_told_in_words(people: People, province: Province, careers: Careers) -> None:
    for title in (careers.head, careers.deputy, careers.office):
        plan(province.chi, title, province)
    assert province.chi.planned_titles == "Chủ tịch; Phó chủ tịch; Trưởng phòng"
    with pytest.raises(Refused, match="4 chức danh: tối đa 3"):
        plan(province.chi, careers.fourth, province)
    db.session.rollback()
    more = staff(province, 4)
    for person in more[:3]:
        plan(person, careers.head, province)
    with pytest.raises(Refused, match="5 người trong quy hoạch: tối đa 4"):
        plan(more[3], careers.head, province)
    db.session.rollback()


def test_who_is_taken_off_makes_room(people: People, province: Province, careers: Careers) -> None:
    four = [plan(person, careers.head, province) for person in staff(province, 4)]
    later = DAY + timedelta(days=60)
    save_planned_title({"removed_on": later, "reason": "Nghỉ hưu"}, actor=SYSTEM, row=four[0])
    db.session.commit()
    with pytest.raises(Refused):
        plan(province.chi, careers.head, province, later - timedelta(days=1))
    db.session.rollback()
    plan(province.chi, careers.head, province, later)
    with pytest.raises(Refused):  # and who was taken off does not come back unseen
        save_planned_title({"removed_on": None}, actor=SYSTEM, row=four[0])
    db.session.rollback()


def test_a_bulk_of_entries_is_checked_like_single_ones(
    people: People, province: Province, careers: Careers
) -> None:
    def all_of(more: list[Employee]) -> None:
        with operation(SYSTEM, "imports.test"):
            for person in more:
                plan_values = {"employee_id": person.id, "title_id": careers.head.id, "added_on": DAY}
                save_planned_title({**plan_values, "unit_id": province.commune_x.id}, actor=SYSTEM)

    with pytest.raises(Refused):
        all_of(staff(province, 5))
    db.session.rollback()
    all_of(staff(province, 4, first=200))


def test_a_committee_is_limited_by_its_members(people: People, province: Province, careers: Careers) -> None:
    members = staff(province, 2, first=200)
    with operation(SYSTEM, "test.held"):
        for member in members:
            db.session.add(HeldTitle(employee=member, title=careers.committee, first=date(2025, 7, 1)))
    db.session.commit()
    more = staff(province, 5)
    for person in more[:2]:
        plan(person, careers.committee, province)
    shown = queries.lists_on(DAY, ALL, queries.incumbents_on(DAY))
    assert [(one.people, one.incumbents, one.size) for one in shown] == [(2, 2, Size.FEW)]
    for person in more[2:4]:
        plan(person, careers.committee, province)
    assert queries.lists_on(DAY, ALL, queries.incumbents_on(DAY))[0].size is Size.FITS
    with pytest.raises(Refused, match="200 % của 2 ủy viên"):
        plan(more[4], careers.committee, province)
    db.session.rollback()


def test_only_leadership_titles_own_units_and_people_in_service(
    people: People, province: Province, careers: Careers
) -> None:
    with operation(SYSTEM, "test.rank"):
        rank = Title(code="01.003", name="Chuyên viên", kind="rank")
        db.session.add(rank)
    save_employee({"active": False}, actor=SYSTEM, row=province.dung)
    db.session.commit()
    own = Scope(unit_ids=frozenset({province.commune_x.id}))
    values = {"employee_id": province.chi.id, "unit_id": province.commune_x.id, "added_on": DAY}
    for wrong, scope, field in (
        ({"title_id": rank.id}, ALL, "title_id"),
        ({"title_id": careers.head.id, "employee_id": province.dung.id}, ALL, "employee_id"),
        ({"title_id": careers.head.id, "unit_id": province.commune_y.id}, own, "unit_id"),
    ):
        with pytest.raises(Refused) as refused:
            save_planned_title({**values, **wrong}, actor=SYSTEM, scope=scope)
        assert [fault.field for fault in refused.value.faults] == [field]
        db.session.rollback()


def test_a_review_counts_what_it_added_and_removed(people: People, province: Province, careers: Careers) -> None:
    old = plan(province.chi, careers.head, province, date(2025, 1, 1))
    for title in (careers.deputy, careers.office):
        plan(province.chi, title, province, date(2026, 2, 1))
    plan(province.dung, careers.head, province, date(2026, 3, 31))
    plan(province.dung, careers.deputy, province, date(2026, 4, 1))  # the next quarter
    save_planned_title({"removed_on": date(2026, 1, 1)}, actor=SYSTEM, row=old)
    save_planning_review(
        {"code": "Q1", "name": "Quý I/2026", "first": date(2026, 1, 1), "last": date(2026, 3, 31)}, actor=SYSTEM
    )
    db.session.commit()
    review = db.session.scalars(sa.select(PlanningReview)).one()
    assert queries.review_counts(ALL)[review.id] == queries.ReviewCounts(3, 2, 1, 1, 3)
    own = Scope(unit_ids=frozenset({province.commune_x.id}))
    assert queries.review_counts(own)[review.id].added == 2


def test_appointments_from_outside_the_list_are_found(
    people: People, province: Province, careers: Careers
) -> None:
    appointed = date(2026, 6, 1)
    plan(province.chi, careers.head, province, appointed - timedelta(days=1))
    plan(province.dung, careers.head, province, appointed)  # on the day itself is too late
    with operation(SYSTEM, "test.held"):
        for person in (province.chi, province.dung):
            db.session.add(HeldTitle(employee=person, title=careers.head, first=appointed))
        again = staff(province, 1)[0]
        db.session.add_all(
            [
                HeldTitle(employee=again, title=careers.head, first=date(2021, 6, 1), last=date(2026, 5, 31)),
                HeldTitle(employee=again, title=careers.head, first=appointed),
            ]
        )
    db.session.commit()
    found = queries.audit(date(2026, 1, 1), date(2026, 12, 31), ALL)
    assert (found.appointments, found.reappointed) == (2, 1)
    assert [held.employee.code for held in found.outside] == ["NV002"]
    assert queries.audit(date(2026, 6, 2), date(2026, 12, 31), ALL).appointments == 0


def test_shares_count_each_person_once_and_hide_what_would_tell(
    people: People, province: Province, careers: Careers
) -> None:
    save_employee({"birth_date": date(1986, 3, 2), "sex": "female"}, actor=SYSTEM, row=province.chi)
    with operation(SYSTEM, "test.sensitive"):
        db.session.add(SensitiveRecord(employee_id=province.chi.id, ethnicity="Dao"))
    db.session.commit()
    plan(province.chi, careers.head, province)
    plan(province.chi, careers.deputy, province)
    plan(province.dung, careers.deputy, province)
    shares = queries.shares_on(DAY, ALL)
    assert (shares.people, shares.young, shares.age_unknown, shares.women) == (2, 1, 1, 1)
    assert (shares.minority, shares.ethnicity_unknown) == (1, 1)
    shares.hide()
    assert shares.minority is None


def test_limits_follow_one_another(people: People, careers: Careers) -> None:
    new = save_career_limits(
        {"source": "Quy định 80", "valid_from": date(2026, 1, 1), "people_per_title": 3}, actor=SYSTEM
    )
    db.session.commit()
    assert careers.limits.valid_to == date(2025, 12, 31)
    assert queries.limits_on(date(2025, 12, 31)) is careers.limits
    assert queries.limits_on(date(2026, 1, 1)) is new
    with pytest.raises(Refused, match="Quy định 80"):
        save_career_limits({"source": "Khác", "valid_from": date(2025, 6, 1)}, actor=SYSTEM)
    db.session.rollback()


def test_an_entry_made_by_mistake_is_deleted(people: People, province: Province, careers: Careers) -> None:
    entry = plan(province.chi, careers.head, province)
    delete_planned_title(entry, actor=SYSTEM)
    db.session.commit()
    assert province.chi.planned_titles is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PlannedTitle)) == 0


def test_pages_of_lists(client: FlaskClient, people: People, province: Province, careers: Careers) -> None:
    with operation(SYSTEM, "test.sensitive"):
        db.session.add(SensitiveRecord(employee_id=province.chi.id, ethnicity="Dao"))
    db.session.commit()
    login(client, people.an)
    data = {
        "employee_id": "NV001", "title_id": careers.head.id, "unit_id": province.commune_x.id,
        "added_on": "01/03/2026", "paper": "QĐ 7",
    }  # fmt: skip
    assert client.post("/planned-titles/new", data=data).status_code == 302
    assert "Trần Thị Chi" in client.get("/planned-titles?state=on").get_data(as_text=True)
    page = client.get("/planned-titles/lists").get_data(as_text=True)
    assert "Chủ tịch" in page
    assert "quá ít người để nêu" in page
    assert "Chủ tịch, Phường Hồng Gai" in client.get(f"/people/{province.chi.id}").get_data(as_text=True)
    assert "phải bằng 0" in client.get("/planned-titles/audit").get_data(as_text=True)
    assert "Trần Thị Chi" not in client.get("/planned-titles/minorities").get_data(as_text=True)
    for address in ("/planning-reviews", "/career-limits"):
        assert client.get(address).status_code == 200
    # Who has the right to read it is noted.
    login(client, people.binh)
    assert "Dao" in client.get("/planned-titles/minorities").get_data(as_text=True)
    noted = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "careers.read_ethnicity")).all()
    assert [entry.after for entry in noted] == [{"people": ["NV001"]}]
    assert today() >= DAY
