"""Yearly ratings: at most 20 excellent per 100 who did well, in each unit."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.careers.conftest import Careers, staff
from tests.conftest import People, Province, login
from tests.imports.books import workbook
from training.careers.operations import delete_knowledge_test, save_career_limits, save_knowledge_test
from training.careers.queries import limits_on
from training.careers.ratings import rate_unit, ratings_of_year
from training.careers.rules import Rating, rating_of
from training.core.access import ALL, Scope
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.imports import operations as imports
from training.people.models import Employee
from training.people.operations import save_employee

YEAR = 2025
Given = dict[int, tuple[Rating | None, int | None]]


def _given(people: list[Employee], excellent: int) -> Given:
    return {
        person.id: (Rating.EXCELLENT if n < excellent else Rating.GOOD, None) for n, person in enumerate(people)
    }


def test_a_fifth_of_those_who_did_well(people: People, province: Province, careers: Careers) -> None:
    unit, everybody = province.commune_x, [province.chi, *staff(province, 11)]
    rate_unit(unit, YEAR, _given(everybody, 2), actor=SYSTEM)  # 2 of 10 who did well
    db.session.commit()
    assert province.chi.ratings == {"2025": "Hoàn thành xuất sắc nhiệm vụ"}
    with pytest.raises(Refused, match="3 người xếp loại xuất sắc: tối đa 1, bằng 20 % của 9"):
        rate_unit(unit, YEAR, {everybody[5].id: (Rating.EXCELLENT, None)}, actor=SYSTEM)
    db.session.rollback()
    (row,) = [row for row in ratings_of_year(YEAR, ALL, limits_on(date(YEAR, 12, 31))) if row.unit is unit]
    assert (row.counts[Rating.EXCELLENT], row.counts[Rating.GOOD], row.most, row.over) == (2, 10, 2, False)


def test_a_limit_that_came_after_the_ratings_is_told(people: People, province: Province) -> None:
    save_employee({"ratings": {"2025": "Hoàn thành xuất sắc"}}, actor=SYSTEM, row=province.chi)
    save_career_limits({"valid_from": date(2020, 1, 1), "source": "Hướng dẫn"}, actor=SYSTEM)
    db.session.commit()
    found = ratings_of_year(YEAR, ALL, limits_on(date(YEAR, 12, 31)))
    assert [(row.unit.code, row.over, row.unrated) for row in found if row.over] == [("XA1", True, 0)]
    save_employee({"ratings": {"2025": "Hoàn thành nhiệm vụ"}}, actor=SYSTEM, row=province.chi)  # nearer to it


def test_every_path_keeps_the_limit(
    client: FlaskClient, people: People, province: Province, careers: Careers
) -> None:
    unit, everybody = province.commune_x, [province.chi, *staff(province, 5)]
    rate_unit(unit, YEAR, _given(everybody, 1), actor=SYSTEM)  # 1 of 5 who did well
    db.session.commit()
    good, words = everybody[3], {"2025": "Hoàn thành tốt nhiệm vụ"}
    for rating in ("Hoàn thành xuất sắc", "Hoàn thành nhiệm vụ"):  # one more, and one fewer to measure by
        with pytest.raises(Refused, match="vượt tỷ lệ phải có lý do"):
            save_employee({"ratings": {"2025": rating}}, actor=SYSTEM, row=good)
        db.session.rollback()
        with pytest.raises(Refused, match="vượt tỷ lệ phải có lý do"):
            rate_unit(unit, YEAR, {good.id: (rating_of(rating), None)}, actor=SYSTEM)
        db.session.rollback()
    login(client, people.binh)
    form = {"code": good.code, "name": good.name, "unit_id": unit.id, "active": "y", "version": good.version}
    page = client.post(f"/people/{good.id}/edit", data={**form, "ratings": "2025: Hoàn thành xuất sắc"})
    assert "vượt tỷ lệ phải có lý do" in page.text
    assert good.ratings == words
    save_employee({"phone": "0912345678"}, actor=SYSTEM, row=good)  # what says nothing of ratings asks nothing
    rate_unit(unit, YEAR, {good.id: (Rating.EXCELLENT, None)}, actor=SYSTEM, ground="Huân chương")
    db.session.commit()
    assert client.post(f"/people/{good.id}/edit", data={**form, "version": good.version}).status_code == 302


def test_points_and_excellence_stay_together_on_every_path(
    people: People, province: Province, careers: Careers
) -> None:
    save_career_limits({"excellent_score": 80, "most_excellent": None}, actor=SYSTEM, row=careers.limits)
    db.session.commit()
    excellent, chi = {"ratings": {"2025": "Hoàn thành xuất sắc"}}, province.chi
    with pytest.raises(Refused, match="80 điểm"):
        save_employee(excellent, actor=SYSTEM, row=chi)
    db.session.rollback()
    test = save_knowledge_test({"employee_id": chi.id, "year": YEAR, "score": 80}, actor=SYSTEM)
    save_employee(excellent, actor=SYSTEM, row=chi)
    db.session.commit()
    with pytest.raises(Refused, match="80 điểm"):
        save_knowledge_test({"score": 79}, actor=SYSTEM, row=test)
    db.session.rollback()
    with pytest.raises(Refused, match="80 điểm"):
        delete_knowledge_test(test, actor=SYSTEM)


def test_people_are_rated_in_the_unit_of_the_years_end(
    people: People, province: Province, careers: Careers
) -> None:
    save_employee({"unit_id": province.commune_y.id, "moved_on": date(2026, 1, 1)}, actor=SYSTEM, row=province.chi)
    db.session.commit()
    by_year = {
        year: {row.unit.code: row.people for row in ratings_of_year(year, ALL, None)} for year in (2025, 2026)
    }
    assert by_year == {2025: {"XA1": 1, "XA2": 1}, 2026: {"XA2": 2}}
    rate_unit(province.commune_x, 2025, {province.chi.id: (Rating.GOOD, None)}, actor=SYSTEM)
    with pytest.raises(Refused, match="không thuộc đơn vị"):
        rate_unit(province.commune_y, 2025, {province.chi.id: (Rating.GOOD, None)}, actor=SYSTEM)


def test_excellent_may_ask_for_points(people: People, province: Province, careers: Careers) -> None:
    save_career_limits({"excellent_score": 80, "most_excellent": None}, actor=SYSTEM, row=careers.limits)
    db.session.commit()
    unit, chi = province.commune_x, province.chi.id
    for points in (None, 79):
        with pytest.raises(Refused, match="80 điểm"):
            rate_unit(unit, YEAR, {chi: (Rating.EXCELLENT, points)}, actor=SYSTEM)
        db.session.rollback()
    rate_unit(unit, YEAR, {chi: (Rating.EXCELLENT, 80)}, actor=SYSTEM)
    db.session.commit()
    (row,) = [row for row in ratings_of_year(YEAR, ALL, None) if row.unit is unit]
    assert (row.tested, row.points) == (1, 80)


def test_points_are_0_to_100_once_a_year_and_of_own_people(people: People, province: Province) -> None:
    values = {"employee_id": province.chi.id, "year": YEAR, "score": 100}
    own = Scope(unit_ids=frozenset({province.commune_y.id}))
    for wrong, scope, field in (
        ({"score": 101}, ALL, "score"), ({"score": -1}, ALL, "score"), ({"year": 1999}, ALL, "year"),
        ({}, own, "employee_id"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            save_knowledge_test({**values, **wrong}, actor=SYSTEM, scope=scope)
        assert [fault.field for fault in refused.value.faults] == [field]
        db.session.rollback()
    save_knowledge_test(values, actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused):
        save_knowledge_test({**values, "score": 50}, actor=SYSTEM)
    db.session.rollback()


def test_an_officer_rates_their_unit(
    client: FlaskClient, people: People, province: Province, careers: Careers
) -> None:
    everybody = [province.chi, *staff(province, 5)]
    login(client, people.binh)
    address = f"/ratings/{province.commune_x.id}/{YEAR}"
    good = {f"rating-{person.id}": "good" for person in everybody}
    data = {**good, f"rating-{province.chi.id}": "excellent", f"points-{province.chi.id}": "92"}
    assert client.post(address, data=data).status_code == 302
    assert province.chi.ratings["2025"] == "Hoàn thành xuất sắc nhiệm vụ"
    page = client.post(address, data={**data, f"rating-{everybody[1].id}": "excellent"}).get_data(as_text=True)
    assert "tối đa 0, bằng 20 % của 4" in page
    assert everybody[1].ratings["2025"] == "Hoàn thành tốt nhiệm vụ"
    page = client.post(address, data={**data, f"points-{province.chi.id}": "chín"}).get_data(as_text=True)
    assert "chín" in page
    assert "92 điểm" in client.get(f"/people/{province.chi.id}").get_data(as_text=True)
    assert "Phường Hồng Gai" in client.get(f"/ratings?year={YEAR}").get_data(as_text=True)
    assert client.get(f"/ratings/{province.commune_y.id}/{YEAR}").status_code == 404
    assert "Trần Thị Chi" in client.get("/knowledge-tests").get_data(as_text=True)


def test_more_are_excellent_with_a_ground_alone(
    client: FlaskClient, people: People, province: Province, careers: Careers
) -> None:
    everybody = [province.chi, *staff(province, 5)]
    data = {f"rating-{person.id}": "excellent" for person in everybody}
    address = f"/ratings/{province.commune_x.id}/{YEAR}"
    login(client, people.binh)
    assert "vượt tỷ lệ phải có lý do" in client.post(address, data=data).text
    assert client.post(address, data={**data, "ground": "Bằng khen của Thủ tướng"}).status_code == 302
    assert "Bằng khen của Thủ tướng" in client.get(address).text
    assert "Bằng khen của Thủ tướng" in client.get(f"/ratings?year={YEAR}").text


def test_a_sheet_of_people_keeps_the_limit_or_needs_the_ground(
    people: People, province: Province, careers: Careers
) -> None:
    def sheet(rating: str) -> list[list[str]]:
        header = ["Mã nhân sự", "Họ và tên", "Mã đơn vị", "Xếp loại các năm"]
        return [header, ["NV001", province.chi.name, province.commune_x.code, rating]]

    excellent = workbook({"NhanSu": sheet("2025: Hoàn thành xuất sắc nhiệm vụ")})
    with pytest.raises(Refused, match="vượt tỷ lệ phải có lý do"):
        imports.import_now("employees", "n.xlsx", excellent, actor=SYSTEM)
    db.session.rollback()
    assert province.chi.ratings == {}
    batch = imports.upload("employees", "n.xlsx", excellent, actor=SYSTEM, queue=False)
    imports.preview(batch, actor=SYSTEM)
    (fault,) = batch.preview["faults"]
    assert (fault["place"], fault["column"]) == ("NhanSu!D2", "Xếp loại các năm")
    given: Given = {province.chi.id: (Rating.EXCELLENT, None)}
    rate_unit(province.commune_x, YEAR, given, actor=SYSTEM, ground="Một người")
    save_employee({"ratings": {}}, actor=SYSTEM, row=province.chi)
    db.session.commit()
    imports.import_now("employees", "n.xlsx", excellent, actor=SYSTEM)
    db.session.commit()
    assert province.chi.ratings == {"2025": "Hoàn thành xuất sắc nhiệm vụ"}


def test_two_officers_with_the_same_page_overwrite_nothing_unseen(
    client: FlaskClient, people: People, province: Province, careers: Careers
) -> None:
    """Both opened the page before anybody was rated; the second touches one person and saves."""
    other = staff(province, 1)[0]
    address = f"/ratings/{province.commune_x.id}/{YEAR}"
    login(client, people.binh)
    shown = {f"was-{name}-{one.id}": "" for name in ("rating", "points") for one in (province.chi, other)}
    first = {**shown, f"rating-{province.chi.id}": "good", f"points-{province.chi.id}": "70"}
    assert client.post(address, data=first).status_code == 302
    second = {
        **shown,
        f"rating-{other.id}": "completed",
        f"rating-{province.chi.id}": "",
        f"points-{other.id}": "60",
    }
    assert client.post(address, data=second).status_code == 302
    assert province.chi.ratings[str(YEAR)] == "Hoàn thành tốt nhiệm vụ"
    third = client.post(address, data={**shown, f"rating-{province.chi.id}": "completed"})
    assert "Người khác vừa ghi “Hoàn thành tốt" in third.text
    assert province.chi.ratings[str(YEAR)] == "Hoàn thành tốt nhiệm vụ"
    seen = {**shown, f"was-rating-{province.chi.id}": "good", f"rating-{province.chi.id}": "completed"}
    assert client.post(address, data=seen).status_code == 302
    assert province.chi.ratings[str(YEAR)] == "Hoàn thành nhiệm vụ"
