"""Every figure of a year read at every place where it stands, and what must hold between them.

`compare` works over any database, the tests' small province or the whole demo: it only reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from training.budgets.models import Fund
from training.classes.models import TrainingClass
from training.core.access import Role
from training.core.db import db
from training.core.i18n import today
from training.core.tables import PAGE_SIZE
from training.courses.models import Course, Host
from training.documents.models import Issuer, Paper, Signer
from training.documents.operations import Terms, preview
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass
from training.messages.own_data import held_on
from training.planning.models import OptimizerRun, Plan, PlanState

from .reading import Page, PaperText, Sheets, caption, download, page, tenths, whole

Browse = Callable[[Role], FlaskClient]
_PURSES = ("Ngân sách tỉnh", "Đơn vị", "Khác")


@dataclass
class Comparison:
    """Figures with what each place says of them; `wrong` are those on which places disagree."""

    figures: dict[str, dict[str, int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    days: int = 0  # places at which the days of a class were compared

    def say(self, figure: str, place: str, value: int) -> None:
        self.figures.setdefault(figure, {})[place] = value

    def must(self, holds: bool, words: str) -> None:
        if not holds:
            self.broken.append(words)

    @property
    def wrong(self) -> list[str]:
        apart = [f"{name}: {said}" for name, said in self.figures.items() if len(set(said.values())) > 1]
        return apart + self.broken

    def lines(self) -> Iterator[str]:
        for name, said in self.figures.items():
            values = set(said.values())
            mark = "=" if len(values) == 1 else "≠"
            shown = f"{values.pop():,}".replace(",", ".") if len(values) == 1 else str(said)
            yield f"{mark} {name}: {shown}   [{len(said)}: {', '.join(said)}]"
        yield f"  days of classes compared at {self.days} places"
        yield from (f"≠ {words}" for words in self.broken)


def compare(plan: Plan, browse: Browse) -> Comparison:
    """All figures of the year of a plan in force.

    Args:
        browse: role → a client that is signed in with it.
    """
    found = Comparison()
    year, planner, finance = plan.round.year, browse(Role.PLANNER), browse(Role.FINANCE)
    _rows(found, year)
    seats = _seats(found, plan, planner)
    money = _money(found, year, finance)
    _cost_sheet(found, year, finance)
    _decision(found, plan)
    if plan.published_run_id is not None:
        _result(found, plan.published_run_id, planner, seats, money)
    _calendars(found, year, planner, finance)
    _classes(found, year, planner)
    return found


# -- seats ----------------------------------------------------------------------------------------------------

LUOT, NGUOI, LOP, MOI = "seats in force (lượt)", "people with a seat (người)", "classes that run", "offers"
PLANNED, OTHERS = "money of the classes that run", "paid by others"


def _rows(found: Comparison, year: int) -> None:
    """Straight from the rows, without the product's own reads."""
    living = (
        sa.select(sa.func.count(), sa.func.count(sa.distinct(Enrolment.employee_id)))
        .join(Enrolment.training_class)
        .where(TrainingClass.year == year, Enrolment.state != EnrolmentState.CANCELLED)
    )
    seats, people = db.session.execute(living).one()
    offers = db.session.execute(living.where(Enrolment.state == EnrolmentState.OFFERED)).one()[0]
    running = sa.select(OpenClass).join(OpenClass.training_class).where(TrainingClass.year == year)
    opened = db.session.scalars(running.where(OpenClass.cancelled_at.is_(None))).all()
    for figure, value in ((LUOT, seats), (NGUOI, people), (MOI, offers), (LOP, len(opened))):
        found.say(figure, "rows", value)
    taken = [(each.training_class, _taken(each.class_id)) for each in opened]
    found.say(LUOT, "rows by class", sum(count for _made, count in taken))
    found.say(PLANNED, "rows", sum(made.fixed_cost + made.seat_cost * count for made, count in taken))
    found.say(
        OTHERS,
        "rows",
        sum(line.amount_of(n) for made, n in taken for line in made.cost_lines if not line.from_fund),
    )


def _taken(class_id: int) -> int:
    statement = sa.select(sa.func.count()).where(
        Enrolment.class_id == class_id, Enrolment.state != EnrolmentState.CANCELLED
    )
    return db.session.scalar(statement) or 0


def _seats(found: Comparison, plan: Plan, client: FlaskClient) -> Page:
    shown = page(client, f"/seats?round={plan.round_id}")
    found.say(LUOT, "/seats", shown.card("Seats given (attendances)"))
    found.say(NGUOI, "/seats", shown.note("Seats given (attendances)"))
    found.say(LUOT, "/seats, list", page(client, f"/seats?round={plan.round_id}&outcome=seat").total_of_list())
    missing = "needs without a seat"
    found.say(missing, "/seats", shown.card("Without a seat"))
    found.say(missing, "/seats, list", page(client, f"/seats?round={plan.round_id}&outcome=none").total_of_list())
    book = Sheets(download(client, f"/seats/export.xlsx?round={plan.round_id}"))
    sums = book.pairs("Tổng hợp")
    found.say(LUOT, "sheet of seats", whole(sums["Số chỗ đang có hiệu lực (lượt), kể cả chỗ đang mời"][0]))
    found.say(NGUOI, "sheet of seats", whole(sums["Số người có chỗ, kể cả chỗ đang mời"][0]))
    found.say(MOI, "sheet of seats", whole(sums["Trong đó số chỗ đang mời, chưa trả lời (lượt)"][0]))
    found.say(missing, "sheet of seats", whole(sums["Chưa có chỗ (lượt)"][0]))
    rows, classes = book.table("Chỗ đang có hiệu lực"), book.table("Lớp đang mở")
    found.say(LUOT, "sheet of seats, rows", len(rows))
    found.say(NGUOI, "sheet of seats, rows", len({row["Mã số"] for row in rows}))
    found.say(MOI, "sheet of seats, rows", sum(row["Trạng thái"] == caption("Offered") for row in rows))
    found.say(LUOT, "sheet of seats, classes", sum(whole(row["Số chỗ đã có người (cả tỉnh)"]) for row in classes))
    found.say(MOI, "sheet of seats, classes", sum(whole(row["Trong đó đang mời"]) for row in classes))
    found.say(LOP, "sheet of seats, classes", len(classes))
    found.say(PLANNED, "sheet of seats, classes", sum(whole(row["Kinh phí (đồng)"]) for row in classes))
    found.say(missing, "sheet of seats, rows", len(book.rows("Chưa có chỗ")) - 1)
    return shown


def _classes(found: Comparison, year: int, client: FlaskClient) -> None:
    """Class by class: its people on the list of classes and on its own page."""
    rows = [row for shown in _list_of_classes(year, client) for row in shown.table("Code", "Seats taken")]
    lists = sum(whole(row[caption("Seats taken")]) for row in rows)
    found.say(LUOT, "/classes", lists)
    ids = db.session.scalars(sa.select(TrainingClass.id).where(TrainingClass.year == year)).all()
    found.say(LUOT, "/classes/N/roster", sum(page(client, f"/classes/{n}/roster").total_of_list() for n in ids))


def own_data_seats(year: int) -> int:
    """Living seats of the year, as everybody's own data tells them."""
    options = set(db.session.scalars(sa.select(TrainingClass.code).where(TrainingClass.year == year)))
    people = db.session.scalars(sa.select(Enrolment.employee_id).distinct()).all()
    count = 0
    for employee_id in people:
        for held in held_on(employee_id):
            if held.table == "enrolment":
                count += sum(
                    row["state"] != EnrolmentState.CANCELLED
                    and re.search(r"\(([^()]+)\)$", row["class_id"]).group(1) in options  # type: ignore[union-attr]
                    for row in held.values
                )
    return count


# -- money ----------------------------------------------------------------------------------------------------

_MONEY = ("Amount", "Planned", "Committed", "Spent", "Still left")
_SHEET_MONEY = ("Được giao", "Kế hoạch", "Đã cam kết (lớp đã mở)", "Đã chi", "Còn lại")


def _money(found: Comparison, year: int, client: FlaskClient) -> Page:
    shown = page(client, f"/money?year={year}")
    *funds, total = shown.table("Fund", *_MONEY)
    found.say(PLANNED, "/money", whole(total[caption("Planned")]))
    for name in _MONEY:
        found.say(f"«{name}» of all funds", "/money", whole(total[caption(name)]))
        found.say(f"«{name}» of all funds", "/money, rows", sum(whole(row[caption(name)]) for row in funds))
    book = Sheets(download(client, f"/money.xlsx?year={year}"))
    for column, name in enumerate(_MONEY, start=4):
        found.say(f"«{name}» of all funds", "money.xlsx", book.total("Kinh phí", column))
    sheet = {row[2]: [whole(cell) for cell in row[4:9]] for row in book.numbered("Kinh phí")}
    for row in funds:
        fund = row[caption("Fund")]
        for n, name in enumerate(_MONEY):
            found.say(f"«{name}» of {fund}", "/money", whole(row[caption(name)]))
            found.say(f"«{name}» of {fund}", "money.xlsx", sheet[fund][n])
    for fund_id, fund in db.session.execute(sa.select(Fund.id, Fund.name).where(Fund.year == year)).all():
        own = page(client, f"/funds/{fund_id}")
        cards = ("Amount", "In the plan in force", "Committed: classes opened", "Spent", "Still left")
        for name, card in zip(_MONEY, cards, strict=True):
            found.say(f"«{name}» of {fund}", "page of the fund", own.card(card))
    if caption("Who pays") in shown.text:
        found.say(
            OTHERS,
            "/money",
            whole(shown.table("Who pays", "By today's cost lines")[-1][caption("By today's cost lines")]),
        )
    latest = db.session.scalar(sa.select(sa.func.max(Fund.year)))
    if latest == year:
        home = page(client, "/")
        for name in ("Amount", "Planned", "Committed", "Spent"):
            found.say(f"«{name}» of all funds", "home of finance", home.card(name))
    return shown


def _cost_sheet(found: Comparison, year: int, client: FlaskClient) -> None:
    book = Sheets(download(client, f"/plans/in-force/{year}/costs.xlsx"))
    rows = book.numbered("Các lớp")
    found.say(LOP, "cost sheet", len(rows))
    found.say(LUOT, "cost sheet", sum(whole(row[4]) for row in rows))
    found.say(LUOT, "cost sheet, total", book.total("Các lớp", 4))
    found.say(PLANNED, "cost sheet", sum(whole(row[7]) for row in rows))
    found.say(PLANNED, "cost sheet, total", book.total("Các lớp", 7))
    found.say(PLANNED, "cost sheet, by fund", book.total("Theo nguồn", 3))
    found.say(PLANNED, "cost sheet, by kind", book.total("Theo nội dung", 3))
    found.say(OTHERS, "cost sheet", book.total("Nguồn khác chi", 3))
    found.say(LOP, "cost sheet, by fund", sum(whole(row[2]) for row in book.numbered("Theo nguồn")))
    for sheet in ("Theo nội dung", "Nguồn khác chi"):
        most = max((whole(row[2]) for row in book.numbered(sheet)), default=0)
        found.must(most <= len(rows), f"«{sheet}» counts {most} classes of {len(rows)}")


# -- papers ---------------------------------------------------------------------------------------------------


def _terms() -> Terms:
    """An issuer and a signer that stand in no row."""
    issuer = Issuer(id=0, code="SNV", name="Sở Nội vụ", parent_name="UBND tỉnh", place_name="Quảng Ninh")
    signer = Signer(name="Người ký", title="Giám đốc", authority="")
    return Terms(issuer, signer, today(), ())


def _paper(kind: Paper, subject_id: int) -> PaperText:
    return PaperText(preview(kind, subject_id, _terms()))


def _decision(found: Comparison, plan: Plan) -> None:
    paper = _paper(Paper.PLAN_DECISION, plan.id)
    found.say(LOP, "decision, article 1", paper.number(r"với ([\d.]+) lớp"))
    found.say(LUOT, "decision, article 1", paper.number(r"([\d.]+) lượt học viên"))
    found.say(NGUOI, "decision, article 1", paper.number(r"\(([\d.]+) người\)"))
    offers = re.search(r"kể cả ([\d.]+) chỗ đang mời", paper.text)
    found.say(MOI, "decision, article 1", whole(offers.group(1)) if offers else 0)
    all_money = "money of the decision"
    found.say(all_money, "article 2", paper.number(r"Kinh phí thực hiện: ([\d.]+) đồng"))
    parts = [
        paper.number(rf"{words} ([\d.]+) đồng")
        for words in ("ngân sách tỉnh", "kinh phí của đơn vị", "nguồn khác")
    ]
    found.say(all_money, "article 2, its parts", sum(parts))
    found.say(
        all_money, "funds and others", found.figures[PLANNED]["/money"] + found.figures[OTHERS]["cost sheet"]
    )
    _annex_classes(found, paper, parts)
    rows = paper.table("Cơ quan, đơn vị")
    found.say(LUOT, "annex II, total", whole(rows[-1][2]))
    found.say(LUOT, "annex II, rows", sum(whole(row[2]) for row in rows[1:-1]))
    found.say(NGUOI, "annex II, total", whole(rows[-1][3]))
    found.say(NGUOI, "annex II, rows", sum(whole(row[3]) for row in rows[1:-1]))


def _annex_classes(found: Comparison, paper: PaperText, exact: list[int]) -> None:
    rows = paper.table("Tên lớp")
    body, total = rows[2:-1], rows[-1]
    groups = [row for row in body if not row[0].isdigit()]
    classes = [row for row in body if row[0].isdigit()]
    for figure, column in ((LOP, 3), (LUOT, 5)):
        found.say(figure, "annex I, total", whole(total[column]))
        found.say(figure, "annex I, groups", sum(whole(row[column]) for row in groups))
        found.say(figure, "annex I, rows", sum(whole(row[column]) for row in classes))
    for column, (purse, amount) in enumerate(zip(_PURSES, exact, strict=True), start=12):
        figure = f"annex I, «{purse}» (tenths of a million)"
        found.say(figure, "total", tenths(total[column]))
        found.say(figure, "exact, rounded", (2 * amount + 100_000) // 200_000)
        found.say(figure, "groups", sum(tenths(row[column]) for row in groups))
        found.say(figure, "rows", sum(tenths(row[column]) for row in classes))


# -- the run --------------------------------------------------------------------------------------------------


def _result(found: Comparison, run_id: int, client: FlaskClient, seats: Page, money: Page) -> None:
    """The result of the run in force: its own figures, dated, and beside them what is in force."""
    run = db.session.get_one(OptimizerRun, run_id)
    shown = page(client, f"/runs/{run_id}")
    now = "in-force"
    found.say(LUOT, "result, in force today", shown.card("Seats (attendances)", now))
    found.say(NGUOI, "result, in force today", shown.card("People with a seat", now))
    found.say(LOP, "result, in force today", shown.card("Classes that run", now))
    found.say(PLANNED, "result, in force today", shown.card("Cost", now))
    funds = {row[caption("Fund")]: row for row in money.table("Fund", *_MONEY)}
    for row in shown.table("Fund", *_MONEY, section=now):
        for name in _MONEY:
            found.say(f"«{name}» of {row[caption('Fund')]}", "result, in force today", whole(row[caption(name)]))
    others = shown.table("Who pays", "By today's cost lines", section=now)
    if others:
        found.say(OTHERS, "result, in force today", whole(others[-1][caption("By today's cost lines")]))
    book = Sheets(download(client, f"/runs/{run_id}/export.xlsx"))
    notes = book.pairs("Ghi chú")
    for figure, row in ((LOP, "Số lớp mở"), (LUOT, "Số lượt được xếp"), (NGUOI, "Số người được xếp")):
        found.say(figure, "workbook of the run, today", whole(notes[row][1]))
    costs = Sheets(download(client, f"/runs/{run_id}/costs.xlsx"))
    by_fund = shown.table("Fund", "Planned", "Money left")
    planned: dict[str, dict[str, int]] = {
        "planned seats (lượt)": {
            "result": shown.card("Seats given (attendances)"),
            "workbook, people": len(book.rows("Học viên")) - 1,
            "workbook, classes": sum(whole(row["Học viên"]) for row in book.table("Lớp")),
            "workbook, notes": whole(notes["Số lượt được xếp"][0]),
            "list": page(client, f"/runs/{run_id}/needs?outcome=seat").total_of_list(),
            "cost sheet of the run": sum(whole(row[4]) for row in costs.numbered("Các lớp")),
            "in-force card's note": shown.note("Seats (attendances)", now),
        },
        "planned people (người)": {
            "result": shown.card("People with a seat"),
            "workbook": len({row["Mã số"] for row in book.table("Học viên")}),
            "workbook, notes": whole(notes["Số người được xếp"][0]),
        },
        "planned classes": {
            "result": shown.card("Classes that run"),
            "workbook": sum(row["Mở lớp"] == "Có" for row in book.table("Lớp")),
            "list": page(client, f"/runs/{run_id}/classes?runs=yes").total_of_list(),
            "cost sheet of the run": len(costs.numbered("Các lớp")),
        },
        "planned money": {
            "result": shown.card("Cost"),
            "result, by fund": sum(whole(row[caption("Planned")]) for row in by_fund),
            "workbook, classes": sum(whole(row["Kinh phí (đồng)"]) for row in book.table("Lớp")),
            "workbook, by fund": book.total("Kinh phí", 2),
            "cost sheet of the run": costs.total("Các lớp", 7),
        },
        "left by the plan": {
            "result": sum(whole(row[caption("Money left")]) for row in by_fund),
            "workbook": book.total("Kinh phí", 3),
        },
    }  # fmt: skip
    others = shown.root.xpath("//h3/following-sibling::*[1]//table/tfoot//td[last()]")
    if others:
        planned["planned, paid by others"] = {
            "result": whole(others[-1].text_content()),
            "workbook": book.total("Nguồn khác chi", 2),
            "cost sheet of the run": costs.total("Nguồn khác chi", 3),
        }
    for name, said in planned.items():
        for place, value in said.items():
            found.say(name, place, value)
    _by_unit(found, run_id, client, shown)
    if _untouched(run):
        for fund in by_fund:
            name = fund[caption("Fund")]
            left = whole(fund[caption("Money left")])
            if not whole(funds[name][caption("Spent")]):
                found.say(f"«Still left» of {name}", "result, as planned", left)


def _by_unit(found: Comparison, run_id: int, client: FlaskClient, result: Page) -> None:
    """The same result by unit: its page, and the workbook with the names."""
    units = page(client, f"/runs/{run_id}/units")
    book = Sheets(download(client, f"/runs/{run_id}/units.xlsx"))
    *lines, total = book.table("Theo đơn vị")
    seats, people, floor = "planned seats (lượt)", "planned people (người)", "units below their floor"
    found.say(seats, "by unit", units.card("Seats given (attendances)"))
    found.say(seats, "workbook by unit", sum(whole(row["Được xếp của đơn vị (lượt)"]) for row in lines))
    found.say(seats, "workbook by unit, names", len(book.table("Được xếp")))
    found.say(people, "by unit", units.card("People with a seat"))
    found.say(people, "workbook by unit", whole(total["Số người được xếp"]))
    found.say(people, "workbook by unit, names", len({row["Mã số"] for row in book.table("Được xếp")}))
    found.say(floor, "result", result.card("Units below their floor"))
    found.say(floor, "by unit", units.card("Units below their floor"))
    found.say(floor, "by unit, list", page(client, f"/runs/{run_id}/units?floor=below").total_of_list())
    found.say(floor, "workbook by unit", whole(total["Số đơn vị dưới mức sàn"]))
    found.say(
        floor, "workbook by unit, lines", sum(whole(row["Còn thiếu so với mức sàn (lượt)"]) > 0 for row in lines)
    )
    _standards(found, db.session.get_one(OptimizerRun, run_id), client, units, total)
    reasons = book.table("Lý do")[-1]
    names = book.table("Chưa xếp")
    for row in result.table("Reason", "Needs (attendances)", "Persons"):
        label = row[caption("Reason")]
        figure = f"without a seat, «{label}»"
        found.say(figure, "result", whole(row[caption("Needs (attendances)")]))
        found.say(figure, "workbook by unit", whole(reasons[f"{label} (lượt)"]))
        found.say(figure, "workbook by unit, names", sum(one["Lý do"] == label for one in names))


def _standards(
    found: Comparison, run: OptimizerRun, client: FlaskClient, units: Page, total: dict[str, Any]
) -> None:
    """Who meets the standards before and after the plan: by unit, by name, and as the gaps say it."""
    if run.standards_on is None:
        return
    before, after = "meet the standard before the plan (người)", "meet the standard after the plan (người)"
    card, people = "Meet the standard after this plan", f"/runs/{run.id}/people"
    found.say(before, "by unit", units.note(card))
    found.say(before, "workbook by unit", whole(total["Đạt tiêu chuẩn khi lập kế hoạch"]))
    found.say(before, "by name", page(client, f"{people}?before=meets").total_of_list())
    found.say(after, "by unit", units.card(card))
    found.say(after, "workbook by unit", whole(total["Đạt tiêu chuẩn sau kế hoạch"]))
    found.say(after, "by name", page(client, f"{people}?after=meets").total_of_list())
    if _untouched(run) and run.standards_on == today():
        gaps = page(client, f"/gaps?day={run.standards_after:%d/%m/%Y}")
        found.say(before, "gaps", page(client, "/gaps").note("Meet the standard"))
        found.say(after, "gaps, if everybody passes", gaps.note("Meet it if everybody seated passes"))


def _untouched(run: OptimizerRun) -> bool:
    """Whether what is in force is what the run planned."""
    statement = sa.select(sa.func.count()).where(Enrolment.state != EnrolmentState.CANCELLED)
    return db.session.scalar(statement.where(Enrolment.plan_id == run.plan_id)) == run.summary["seats"] and (
        not db.session.scalar(sa.select(OpenClass.id).where(OpenClass.cancelled_at.is_not(None)).limit(1))
    )


# -- calendars ------------------------------------------------------------------------------------------------


def _calendars(found: Comparison, year: int, planner: FlaskClient, finance: FlaskClient) -> None:
    """Wherever a class that runs is listed, its days are those in which it runs."""
    opened = db.session.scalars(
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .where(OpenClass.cancelled_at.is_(None), TrainingClass.year == year)
    ).all()
    runs: dict[str, tuple[str, str]] = {}
    for each in opened:
        days = each.option.runs  # without public holidays, as people are told
        runs[each.training_class.code] = f"{days[0].first:%d/%m/%Y}", f"{days[-1].last:%d/%m/%Y}"
    pages = _list_of_classes(year, planner)
    for model, path in ((Course, "courses"), (Host, "hosts"), (Fund, "funds")):
        pages += [page(planner, f"/{path}/{row_id}") for row_id in db.session.scalars(sa.select(model.id))]
    for shown in pages:
        for row in shown.table("Code", "Days"):
            days_shown = runs.get(row[caption("Code")])
            if days_shown:
                found.days += 1
                expected = f"{days_shown[0]} – {days_shown[1]}"
                said = row[caption("Days")]
                found.must(said == expected, f"{row[caption('Code')]} runs {expected}, a list says {said}")
    book = Sheets(download(planner, f"/seats/export.xlsx?round={_round_of(year)}"))
    for row in book.table("Lớp đang mở"):
        first, last = runs[row["Mã lớp"]]
        found.days += 1
        found.must(
            row["Thời gian"].startswith(first) and row["Thời gian"].endswith(last),
            f"{row['Mã lớp']} runs {first} – {last}, the sheet of seats says {row['Thời gian']}",
        )
    for each in opened:
        _one_calendar(found, each, runs[each.training_class.code], finance)


def _one_calendar(found: Comparison, opened: OpenClass, days: tuple[str, str], finance: FlaskClient) -> None:
    """The cost sheet and the papers of one class."""
    made = opened.training_class
    sheet = Sheets(download(finance, f"/classes/{made.id}/costs.xlsx")).rows("Dự toán")
    words = " ".join(str(cell) for row in sheet for cell in row)
    found.days += 1
    found.must(f"khai giảng {days[0]}" in words, f"{made.code} begins {days[0]}, its cost sheet says otherwise")
    count = _taken(made.id)
    if not count:
        return
    total = next(row for row in sheet if str(row[1]).startswith("Tổng cộng"))[6]
    found.must(
        whole(total) == made.fixed_cost + made.seat_cost * count,
        f"{made.code}: its cost sheet says {whole(total)}",
    )


def papers_of_class(found: Comparison, opened: OpenClass) -> None:
    """The decision to open a class and its list: the same people, the money of everybody who holds a seat."""
    made, count = opened.training_class, _taken(opened.class_id)
    listed, decided = _paper(Paper.TRAINEE_LIST, made.id), _paper(Paper.OPENING_DECISION, made.id)
    rows = [row for row in listed.table("Họ và tên") if row[0].isdigit()]
    name = f"people of {made.code} (on the list)"
    found.say(name, "rows of the list", len(rows))
    found.say(name, "sentence of the list", listed.number(r"Danh sách có ([\d.]+) học viên"))
    found.say(name, "decision to open", decided.number(r"cho ([\d.]+) học viên, có danh sách"))
    offers = re.search(r"ngoài ra ([\d.]+) chỗ đang mời", decided.text)
    found.say(f"people of {made.code}", "rows", count)
    found.say(f"people of {made.code}", "list and offers", len(rows) + (whole(offers.group(1)) if offers else 0))
    found.say(f"money of {made.code}", "rows", made.fixed_cost + made.seat_cost * count)
    found.say(f"money of {made.code}", "decision to open", decided.number(r"Kinh phí: ([\d.]+) đồng"))
    first = opened.option.runs[0].first
    found.days += 1
    found.must(
        re.search(rf"{first.day:02}/0?{first.month}/{first.year}", decided.text) is not None,
        f"{made.code}: the decision to open names other days",
    )


def _list_of_classes(year: int, client: FlaskClient) -> list[Page]:
    """All pages of the list of the year's classes."""
    first = page(client, f"/classes?year={year}")
    count = -(-first.total_of_list() // PAGE_SIZE)
    return [first, *(page(client, f"/classes?year={year}&page={n}") for n in range(2, count + 1))]


def _round_of(year: int) -> int:
    return next(plan.round_id for plan in plans_in_force() if plan.round.year == year)


def plans_in_force() -> list[Plan]:
    return list(db.session.scalars(sa.select(Plan).where(Plan.state == PlanState.PUBLISHED).order_by(Plan.id)))
