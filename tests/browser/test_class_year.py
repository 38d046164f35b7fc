"""A class's year in a real browser: published, declined, promoted, the roll called on a telephone that loses its
connection, scored, recognised, certified; the gap is closed and the leader's percentage has moved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_journey import _sign_in
from tests.conftest import People, Province
from tests.enrolments.conftest import Published, optimise, planned, published, stand_in
from tests.results.conftest import host_signer
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.enrolments.models import Enrolment
from training.enrolments.waiting_list import promotion
from training.people.models import Employee
from training.results import queries
from training.results.models import AttendanceMark, CourseTest, ResultRule
from training.standards.versions import save_standard

__all__ = ["optimise", "planned", "published", "stand_in"]

pytestmark = pytest.mark.browser
TELEPHONE = {"width": 390, "height": 844}


def _asked(province: Province) -> None:
    """The position of all six asks for the basic course; everybody's record is known to be kept."""
    save_standard(
        {
            "code": "TC-CM",
            "position_id": province.position.id,
            "valid_from": date(2020, 1, 1),
            "requirements": [{"kind": "course", "course_ids": [province.basic.id]}],
        },
        actor=SYSTEM,
    )
    with operation(SYSTEM, "test.known") as session:
        session.add(ResultRule(valid_from=date(2020, 1, 1), source="Quy chế đào tạo, bồi dưỡng"))
        session.add(CourseTest(course=province.basic, position=1, name="Bài thu hoạch"))
        for person in session.scalars(sa.select(Employee)):
            session.add(Completion(employee=person, course=province.advanced, completed_on=date(2021, 5, 5)))
    db.session.commit()


def _weeks_pass(made: Published) -> None:
    """The class was held on a Monday and a Tuesday of the week before last."""
    monday = today() - timedelta(days=today().weekday() + 14)
    with operation(SYSTEM, "test.time"):
        session = made.first.options[0].sessions[0]
        session.first, session.last = monday, monday + timedelta(days=1)
    db.session.commit()


def _share(page: Page, site: str) -> str:
    """What the head of commune X reads on the home page: of three people so many meet the standard."""
    page.goto(site)
    card = page.locator(".card", has_text="Đạt tiêu chuẩn").first
    return card.inner_text()


def _mark(page: Page, person: str, kind: str) -> None:
    page.locator("[data-seat]", has_text=person).locator("label", has_text=kind).click()


# Pressed buttons of the list that lie over the bar in which the telephone says what it has not sent yet.
COVERED = """[...document.querySelectorAll(".app-roll .btn-check:checked + label")].filter((label) => {
  const bar = document.querySelector(".app-roll-bar"), box = label.getBoundingClientRect();
  const over = bar.getBoundingClientRect();
  const y = Math.max(box.top, over.top) + 1, x = box.left + 5;
  return y < Math.min(box.bottom, over.bottom, innerHeight) && !bar.contains(document.elementFromPoint(x, y));
}).map((label) => label.textContent)"""


def _waiting(page: Page) -> Any:
    return page.locator(".app-roll-status")


def test_a_class_from_the_published_plan_to_the_certificate(
    site: str,
    browser: Browser,
    browser_context_args: dict[str, Any],
    province: Province,
    people: People,
    published: Published,
) -> None:
    complaints: list[str] = []
    _asked(province)
    head = _sign_in(browser, browser_context_args, site, "ha", complaints)
    assert "0,0" in _share(head, site)

    # Dũng gives his seat back; it is offered to the next in the queue, whose unit accepts it.
    dung = _sign_in(browser, browser_context_args, site, "NV002", complaints)
    seat = published.seat("NV002/CV")
    dung.goto(f"{site}/seats/of/{seat.id}/decline")
    dung.get_by_label("Lý do").fill("Đi công tác dài ngày")
    dung.get_by_role("button", name="Trả lại", exact=True).click()
    expect(dung.locator(".alert-success").first).to_be_visible()
    db.session.expire_all()
    promotion.promote(published.first.id, actor=SYSTEM)
    db.session.commit()
    next_one = published.seat("NV005/CV")
    officer = _sign_in(browser, browser_context_args, site, "binh", complaints)
    officer.goto(f"{site}/seats/{next_one.need_id}")
    officer.get_by_role("button", name="Nhận chỗ").click()
    expect(officer.locator(".alert-success").first).to_be_visible()

    # The host calls the roll on a telephone.
    _weeks_pass(published)
    host_signer(province.host)
    phone = _sign_in(browser, {**browser_context_args, "viewport": TELEPHONE}, site, "long", complaints)
    book = f"{site}/class-books/{published.first.id}"
    monday = published.first.options[0].sessions[0].first
    keys = [f"{day.isoformat()}/{part}" for day in (monday, monday + timedelta(days=1))
            for part in ("morning", "afternoon")]  # fmt: skip
    phone.goto(f"{book}/roll-call?half_day={keys[0]}")
    box = phone.locator("label", has_text="Có mặt").first.bounding_box()
    assert box is not None
    assert box["height"] >= 44  # a thumb
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _mark(phone, "Trần Thị Chi", "Có mặt")
    expect(_waiting(phone)).to_have_attribute("data-waiting", "0")

    # The connection is cut: marks stay on the telephone, also over a closed page, and arrive once it is back.
    phone.context.set_offline(True)
    _mark(phone, "Nguyễn Thị Số 5", "Vắng")
    expect(_waiting(phone)).to_have_attribute("data-waiting", "1")
    _mark(phone, "Nguyễn Thị Số 5", "Có mặt")  # a slip, mended
    _mark(phone, "Trần Thị Chi", "Muộn")
    expect(_waiting(phone)).to_have_attribute("data-waiting", "2")
    expect(_waiting(phone)).to_contain_text("Chưa gửi: 2")
    phone.set_viewport_size({"width": 390, "height": 230})  # so that the bar stands over pressed buttons
    phone.evaluate("document.querySelector('[data-seat]').scrollIntoView()")
    expect(_waiting(phone)).to_be_in_viewport()
    assert phone.evaluate(COVERED) == []
    phone.set_viewport_size(TELEPHONE)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceMark)) == 1
    phone.close()
    context = phone.context
    context.set_offline(False)
    phone = context.new_page()
    phone.on("pageerror", lambda error: complaints.append(str(error)))
    phone.goto(f"{book}/roll-call?half_day={keys[1]}")  # another half-day: what waited is sent all the same
    expect(_waiting(phone)).to_have_attribute("data-waiting", "0")
    db.session.rollback()
    kinds = queries.marks(published.first.id)
    found = {
        db.session.get_one(Enrolment, s).employee.code: [str(k) for k in m.values()] for s, m in kinds.items()
    }
    assert found == {"NV001": ["late"], "NV005": ["present"]}

    # The others of this half-day at one touch, then the rest of the class.
    for key in keys[1:]:
        phone.goto(f"{book}/roll-call?half_day={key}")
        phone.get_by_role("button", name="Còn lại có mặt").click()
        expect(_waiting(phone)).to_have_attribute("data-waiting", "0")
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceMark)) == 8

    # Scores, results, recognition, certificates.
    phone.goto(f"{book}/scores")
    phone.get_by_label("Bài thu hoạch của Trần Thị Chi").fill("8,5")
    phone.get_by_label("Bài thu hoạch của Nguyễn Thị Số 5").fill("4,5")
    phone.get_by_role("button", name="Lưu", exact=True).click()
    expect(phone.locator(".alert-success").first).to_contain_text("2 điểm")
    phone.goto(f"{book}/results")
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="Chốt kết quả").click()
    main = phone.get_by_role("main")
    expect(main).to_contain_text("Giỏi")
    expect(main).to_contain_text("Bài thu hoạch: 4,50 điểm; phải từ 5,00 điểm.")
    assert "0,0" in _share(head, site)  # nothing is recognised yet
    phone.get_by_role("link", name="Công nhận kết quả").click()
    phone.get_by_label("Số quyết định").fill("15/QĐ-TCT")
    phone.get_by_label("Ngày quyết định").fill(f"{today():%d/%m/%Y}")
    phone.get_by_label("Người ký").select_option(label="Trường Chính trị tỉnh: Nguyễn Hiệu Trưởng, Hiệu trưởng")
    phone.get_by_role("button", name="Công nhận", exact=True).click()
    expect(phone.locator(".alert-success").first).to_be_visible()
    phone.goto(f"{book}/certificates")
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="Cấp 1 chứng chỉ").click()
    expect(main).to_contain_text(f"0001/{today().year}/CC-TCT")

    # The gap is closed, the head's percentage has moved, and Chi sees it all.
    assert "33,3" in _share(head, site)
    chi = _sign_in(browser, browser_context_args, site, "NV001", complaints)
    chi.goto(f"{site}/my-results")
    expect(chi.get_by_role("main")).to_contain_text(f"0001/{today().year}/CC-TCT")
    chi.get_by_role("link", name="Gửi phản hồi").click()
    for name in ("content", "lecturers", "organisation", "usefulness"):
        chi.locator(f"label[for={name}-5]").click()
    chi.get_by_role("button", name="Gửi", exact=True).click()
    expect(chi.locator(".alert-success").first).to_be_visible()
    expect(chi.get_by_role("link", name="Gửi phản hồi")).to_have_count(0)
    assert not complaints
