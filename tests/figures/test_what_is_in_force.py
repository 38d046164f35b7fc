"""What stands beside the figures: of which day they are, which calendar a class runs in, what a coming day
counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import People, login
from tests.figures.comparison import Browse, _paper
from tests.figures.conftest import Rich
from tests.figures.reading import Sheets, caption, download, page, whole
from tests.gaps.test_states import course_asked, standard
from training.budgets.models import FundKind
from training.budgets.queries import money_of
from training.classes.calendar_texts import calendar_in_short
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.completions.models import Completion
from training.core.access import ALL, Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.documents.models import Paper
from training.documents.papers.rounding import apportion_groups, rounded
from training.enrolments.publishing.replan import changes
from training.enrolments.seats import figures
from training.gaps import reports
from training.needs.models import Need
from training.people.models import Employee
from training.planning import queries
from training.planning.models import OptimizerRun, Plan
from training.planning.operations import replan

Optimise = Callable[[Plan], OptimizerRun]


# -- calendars (before and after they are fixed) -----------------------------------------------------------------


def test_a_class_that_is_not_planned_yet_shows_every_alternative(rich: Rich, browse: Browse) -> None:
    """Nobody has decided of it, so no calendar is said to be the one; a class called off has none any more."""
    like = rich.classes["L005"]
    assert calendar_in_short(like) == "không mở"
    with operation(SYSTEM, "test.alternative"):
        made = TrainingClass(
            code="L098", name="Lớp chưa quyết định", year=like.year, course=like.course, fund=like.fund,
            mode=like.mode, min_seats=1, max_seats=10, fixed_cost=0, seat_cost=0,
        )  # fmt: skip
        first = like.options[0].sessions[0].first
        for letter, later in (("a", 0), ("b", 40)):
            day = first + timedelta(days=later)
            made.options.append(
                ClassOption(
                    code=f"L098-{letter}",
                    place=like.options[0].place,
                    sessions=[OptionSession(first=day, last=day + timedelta(days=2))],
                )
            )
        db.session.add(made)
    db.session.commit()
    words = calendar_in_short(made)
    assert words.startswith("chưa chốt: ")
    for option in made.options:
        assert f"{option.sessions[0].first:%d/%m/%Y}" in words
    sheet = str(Sheets(download(browse(Role.FINANCE), f"/classes/{made.id}/costs.xlsx")).rows("Dự toán"))
    assert "chưa chốt ngày khai giảng" in sheet
    assert made.first_day is None


def test_lists_sort_by_the_calendar_in_which_a_class_runs(rich: Rich, browse: Browse) -> None:
    """L001's other calendar is the earliest of all; it runs in its latest."""
    shown = page(browse(Role.PLANNER), f"/classes?year={rich.year}&sort=days").table("Code", "Days")
    running = [row[caption("Code")] for row in shown if rich.classes[row[caption("Code")]].runs]
    days = [rich.classes[code].first_day for code in running]
    assert days == sorted(day for day in days if day is not None)
    assert running[-1] == "L001"


def test_the_database_keeps_the_running_calendar_itself(rich: Rich) -> None:
    for code, made in rich.classes.items():
        expected = None if code in {"L005", "L007"} else rich.opened(code).option_id
        assert made.running_option_id == expected, code


# -- money -------------------------------------------------------------------------------------------------------


def test_left_is_one_figure_and_its_total_the_sum_of_its_rows(rich: Rich) -> None:
    lines, total = money_of(rich.year)
    for line in lines:
        assert line.left == line.amount - max(line.planned, line.committed, line.spent)
    assert total.left == sum(line.left for line in lines)


def test_what_others_pay_counts_a_class_once_for_each_payer(rich: Rich, browse: Browse) -> None:
    """Trainees pay two lines of L002 and one of L004: two classes."""
    book = Sheets(download(browse(Role.FINANCE), f"/plans/in-force/{rich.year}/costs.xlsx"))
    counted = {row[1]: whole(row[2]) for row in book.numbered("Nguồn khác chi")}
    running = sum(made.runs for made in rich.classes.values())
    assert counted[FundKind.UNIT.label] == running
    assert counted[FundKind.TRAINEE.label] == 2
    shown = page(browse(Role.PLANNER), f"/runs/{rich.plan.published_run_id}")
    assert caption("Paid by others, beside the funds") in shown.text


@given(st.lists(st.lists(st.integers(0, 10**10), min_size=1, max_size=9), min_size=1, max_size=9))
def test_rounded_rows_add_up_to_their_groups_and_to_the_total(groups: list[list[int]]) -> None:
    exact = [[Fraction(value, 100_000) for value in rows] for rows in groups]
    total, totals, rows = apportion_groups(exact)
    assert total == rounded(Fraction(sum(map(sum, groups)), 100_000)) == sum(totals)
    for group, part, shares in zip(exact, totals, rows, strict=True):
        assert sum(shares) == part
        assert all(abs(share - value) < 1 for share, value in zip(shares, group, strict=True))
        assert all(share == 0 for share, value in zip(shares, group, strict=True) if value == 0)


# -- a run is a dated snapshot -----------------------------------------------------------------------------------


def test_the_result_of_a_replaced_plan_is_replaced_on_every_page(rich: Rich, browse: Browse) -> None:
    client, old = browse(Role.PLANNER), rich.first.published_run_id
    assert old is not None
    for address in (
        f"/runs/{old}",
        f"/plans/{rich.first.id}",
        f"/runs/{old}/compare?with={rich.plan.published_run_id}",
    ):
        assert caption("Replaced by a later plan") in page(client, address).text, address
    shown = page(client, f"/runs/{old}")
    badges = [badge.text_content() for badge in shown.root.xpath("//span[contains(@class, 'badge')]")]
    assert caption("Published") not in badges
    assert caption("Replaced by a later plan") in badges
    assert rich.plan.name in shown.text
    notes = Sheets(download(client, f"/runs/{old}/export.xlsx")).pairs("Ghi chú")
    assert notes["Trạng thái"][0] == caption("Replaced by a later plan")
    now = page(client, f"/runs/{rich.plan.published_run_id}")
    badges = [badge.text_content() for badge in now.root.xpath("//span[contains(@class, 'badge')]")]
    assert caption("Published") in badges


def test_the_list_of_plans_tells_of_the_published_run_and_not_of_a_later_try(
    planned_year: Rich, browse: Browse
) -> None:
    published = db.session.get_one(OptimizerRun, planned_year.first.published_run_id)
    with operation(SYSTEM, "test.try"):
        db.session.add(
            OptimizerRun(plan=planned_year.first, status="FEASIBLE", requested_by="An", summary={"seats": 4321})
        )
    db.session.commit()
    shown = page(browse(Role.PLANNER), "/plans").table("Plan", "Seats given")
    assert whole(shown[0][caption("Seats given")]) == published.summary["seats"]


def test_a_result_says_of_which_moment_it_is(rich: Rich, browse: Browse) -> None:
    client = browse(Role.PLANNER)
    for path in ("", "/needs", "/classes"):
        assert "Theo kế hoạch lúc" in page(client, f"/runs/{rich.plan.published_run_id}{path}").text


def test_other_days_of_the_same_class_are_no_other_class(
    planned_year: Rich, people: People, optimise: Optimise, browse: Browse
) -> None:
    """The second run holds L001 in its other calendar: nobody goes to another class."""
    found = planned_year
    second = replan(found.first, actor=people.an)
    with operation(SYSTEM, "test.swap"):  # the stand-in takes the first by code
        second.max_changes = None
        early, late = sorted(found.classes["L001"].options, key=lambda option: option.code)
        early.code, late.code = "L001-z", "L001-0"
    db.session.commit()
    run = optimise(second)
    before = db.session.get_one(OptimizerRun, found.first.published_run_id)
    compared = queries.comparison(before, run)
    moved = len(found.seats("L001"))
    assert (compared.moved, compared.other_days) == (0, moved)
    text = page(browse(Role.PLANNER), f"/runs/{before.id}/compare?with={run.id}").text
    assert "trong đó 0 vào lớp khác" in text
    assert f"{moved} nhu cầu khác vẫn ở lớp cũ nhưng học ngày khác" in text
    difference = changes(run, 50).figures
    assert (difference.moved, difference.other_days) == (0, moved)


# -- a supplementary round ---------------------------------------------------------------------------------------


def test_a_supplementary_round_is_counted_against_its_own_seats(rich: Rich, browse: Browse) -> None:
    with operation(SYSTEM, "test.late"):
        db.session.add_all(
            Need(round=rich.supplementary, employee=who, course=rich.classes["L002"].course, priority=1)
            for who in rich.people[15:20]
        )
    db.session.commit()
    client = browse(Role.PLANNER)
    running = [made for made in rich.classes.values() if made.runs]
    free = sum(made.max_seats - made.seats_taken for made in running) + 1  # one of its needs has a seat
    home = page(client, "/")
    assert rich.supplementary.name in home.text
    assert home.card("Needs (attendances)", "demand") == 6
    assert home.card("Seats still free in classes that run", "demand") == free
    assert home.note("Seats still free in classes that run", "demand") == len(running)
    asked = page(client, f"/rounds/{rich.supplementary.id}/consolidation").table("Course", "Seats still free")[0]
    taken = rich.classes["L002"].max_seats - rich.classes["L002"].seats_taken + 1
    assert whole(asked[caption("Seats still free")]) == taken


# -- reports -----------------------------------------------------------------------------------------------------


def test_a_report_does_not_say_that_classes_of_next_year_were_held(rich: Rich) -> None:
    text = _paper(Paper.RESULT_REPORT, rich.plan.id).text
    running = sum(made.runs for made in rich.classes.values())
    assert f"đã tổ chức xong 0 lớp trong số {running} lớp của kế hoạch" in text
    assert f"{running} lớp chưa khai giảng" in text


def test_a_report_counts_what_is_over_and_what_runs(rich: Rich) -> None:
    over, runs = rich.opened("L002").option.sessions[0], rich.opened("L003").option.sessions[0]
    with operation(SYSTEM, "test.time"):
        over.first, over.last = today() - timedelta(days=9), today() - timedelta(days=5)
        runs.first, runs.last = today() - timedelta(days=1), today() + timedelta(days=2)
    db.session.commit()
    text = _paper(Paper.RESULT_REPORT, rich.plan.id).text
    running = sum(made.runs for made in rich.classes.values())
    assert f"đã tổ chức xong 1 lớp trong số {running} lớp" in text
    assert "1 lớp đang học" in text
    assert f"{running - 2} lớp chưa khai giảng" in text


# -- a coming day ------------------------------------------------------------------------------------------------


def test_a_look_ahead_says_whether_seats_are_counted(rich: Rich, client: FlaskClient, people: People) -> None:
    """The position asks for the basic course, for a year: whoever has a seat in it will meet that, if they pass;
    the certificate of one who meets it today lapses before."""
    last = date(rich.year, 12, 31)
    seated = {seat.employee_id for code in ("L001", "L003") for seat in rich.seats(code)}
    lapsing = next(person for person in rich.people if person.id not in seated)
    with operation(SYSTEM, "test.asked"):
        standard(rich.people[0].position, course_asked(rich.classes["L001"].course, months=12))
        db.session.add(
            Completion(
                employee=lapsing, course=rich.classes["L001"].course, completed_on=today() - timedelta(days=200)
            )
        )
        for person in db.session.query(Employee):  # a record, without which nothing could be said of them
            person.political_theory = "Sơ cấp"
        people.ha.units.clear()
        db.session.flush()
    db.session.commit()
    condition = Employee.active
    found = reports.outlook(last, condition, today())
    assert (found.without.meets, found.seated.meets) == (0, len(seated))
    assert found.people == figures.seat_count(rich.year, ALL).people
    assert (found.meets_today, found.no_more, found.lapses) == (1, 1, 1)
    login(client, people.an)
    text = page(client, f"/gaps?day=31/12/{rich.year}").text
    assert "Đạt chuẩn nếu mọi người đã có chỗ đều hoàn thành lớp" in text
    assert f"{len(seated)} trên" in text
    assert "1 người do chứng chỉ hoặc quyết định miễn hết hạn" in text
    assert "chưa tính các chỗ học" in page(client, f"/gaps/people?day=31/12/{rich.year}").text
    assert "nếu mọi người" not in page(client, "/gaps").text, "today nothing is foreseen"


def test_the_leaders_home_shows_the_end_of_the_plans_year(rich: Rich, client: FlaskClient, people: People) -> None:
    with operation(SYSTEM, "test.asked"):
        standard(rich.people[0].position, course_asked(rich.classes["L001"].course))
        for person in db.session.query(Employee):
            person.political_theory = "Sơ cấp"
    db.session.commit()
    login(client, people.ha)
    home = page(client, "/").text
    assert f"Đến ngày 31/12/{rich.year}" in home
    assert "Đạt chuẩn nếu mọi người đã có chỗ đều hoàn thành lớp" in home
