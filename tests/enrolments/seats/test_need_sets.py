"""People who sit in the same class, or not, where single seats are won: the door, the waiting list, the advice."""

from __future__ import annotations

import io
import zipfile

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login, make_user
from tests.enrolments.conftest import Published
from training.accounts.models import Role, User
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import PassedOver, WaitingListEntry
from training.enrolments.rearranging import manual, responses
from training.enrolments.seats import changes
from training.enrolments.seats.changes import SeatChange
from training.enrolments.seats.obstacles import Situation
from training.enrolments.waiting_list import promotion
from training.planning.models import NeedSet, NeedSetMember, RunExplanation, RunNeed


def keep(published: Published, kind: str, *names: str) -> None:
    """A set of the plan in force."""
    with operation(SYSTEM, "test.set") as session:
        members = [NeedSetMember(need_id=published.wants[name].id) for name in names]
        session.add(NeedSet(plan_id=published.plan.id, name=names[0], kind=kind, members=members))
    db.session.commit()


def room(published: Published, first: int = 2, second: int = 2) -> None:
    save_training_class({"max_seats": first}, actor=SYSTEM, row=published.first)
    save_training_class({"max_seats": second}, actor=SYSTEM, row=published.second)
    db.session.commit()


def broken(published: Published, name: str, class_id: int) -> list[str]:
    """What the door says; pages of the same moment say it, too."""
    need = published.wants[name]
    by_door = [one.rule for one in changes.judge([SeatChange(need.id, class_id)]).broken]
    by_list = [one.rule for one in changes.judge_each(need.id, [class_id])[0].broken]
    by_page = next(one for one in Situation([need]).classes(need.id) if one.made.id == class_id)
    assert by_list == by_door
    assert by_page.here or sorted(by_page.codes) == sorted(by_door)
    return by_door


def test_a_seat_for_one_alone_is_refused_unless_a_planner_gives_a_ground(
    published: Published, people: People
) -> None:
    keep(published, "together", "NV005/CV", "NV006/CV")
    room(published, first=4)
    assert broken(published, "NV005/CV", published.first.id) == ["together"]
    with pytest.raises(Refused) as refused:
        manual.place(published.wants["NV005/CV"], published.first.id, actor=people.an)
    assert refused.value.faults[0].message == (
        "Những người phải học cùng lớp, hoặc không ai được xếp, sẽ chỉ được xếp một phần. "
        "Cụ thể: Nguyễn Thị Số 5 (NV005), Nguyễn Thị Số 6 (NV006)."
    )
    db.session.rollback()
    seat = manual.place(published.wants["NV005/CV"], published.first.id, actor=people.an, ground="Sẽ xếp bù")
    db.session.commit()
    assert [rule for rule, _sentence in seat.overridden] == ["together"]
    assert broken(published, "NV006/CV", published.first.id) == [], "now both sit there"


def test_a_member_who_has_a_seat_moves_only_with_the_others(published: Published, people: People) -> None:
    keep(published, "together", "NV001/CV", "NV002/CV")
    room(published, second=4)
    one, two = published.wants["NV001/CV"], published.wants["NV002/CV"]
    assert broken(published, "NV001/CV", published.second.id) == ["together"]
    both = [SeatChange(one.id, published.second.id), SeatChange(two.id, published.second.id)]
    assert [each.rule for each in changes.judge(both).broken] == []


def test_whoever_cannot_come_gives_the_seat_back(published: Published, people: People) -> None:
    keep(published, "together", "NV001/CV", "NV002/CV")
    responses.decline(published.seat("NV001/CV"), reason="Ốm", actor=people.an)
    db.session.commit()
    assert "NV001/CV" not in published.seats()
    assert published.seats()["NV002/CV"] == "L001"


def test_people_who_are_kept_apart_do_not_meet(published: Published, people: People) -> None:
    keep(published, "apart", "NV001/CV", "NV005/CV")
    room(published, first=3, second=3)
    assert broken(published, "NV005/CV", published.first.id) == ["apart"]
    assert broken(published, "NV005/CV", published.second.id) == []


def test_the_waiting_list_offers_no_seat_to_one_alone(published: Published, people: People) -> None:
    keep(published, "together", "NV005/CV", "NV006/CV")
    room(published, first=3)
    assert promotion.promote(published.first.id, actor=SYSTEM) == 0
    db.session.commit()
    assert published.waiting() == ["NV005/CV", "NV006/CV"]


def test_the_waiting_list_offers_seats_to_all_of_a_set_once_there_is_room(
    published: Published, people: People
) -> None:
    keep(published, "together", "NV005/CV", "NV006/CV")
    room(published, first=4)
    assert promotion.promote(published.first.id, actor=SYSTEM) == 2
    db.session.commit()
    assert {published.seats()[name] for name in ("NV005/CV", "NV006/CV")} == {"L001"}


def test_the_waiting_list_passes_over_whoever_is_kept_apart(published: Published, people: People) -> None:
    keep(published, "apart", "NV001/CV", "NV005/CV")
    room(published, first=3)
    assert promotion.promote(published.first.id, actor=SYSTEM) == 1
    db.session.commit()
    assert published.seats()["NV006/CV"] == "L001"


@pytest.mark.parametrize("kind", ["together", "apart"])
def test_who_sits_in_a_class_that_has_begun_binds_nobody_of_the_set(
    published: Published, people: People, kind: str
) -> None:
    """They stay where they are; the others need not have begun with them to be seated."""
    with operation(SYSTEM, "test.begun"):
        session = published.first.options[0].sessions[0]
        session.first = session.last = today()
    db.session.commit()
    keep(published, kind, "NV001/CV", "NV005/CV")
    room(published, second=4)
    assert broken(published, "NV005/CV", published.second.id) == []


# -- who may read whom a set names ------------------------------------------------------------------


@pytest.fixture
def trainee(published: Published) -> User:
    """The account of NV005, who waits."""
    with operation(SYSTEM, "test.account"):
        return make_user("NV005", "Nguyễn Thị Số 5", Role.TRAINEE, employee=published.wants["NV005/CV"].employee)


def own_pages(published: Published) -> list[str]:
    need = published.wants["NV005/CV"]
    return [
        "/my-classes",
        f"/seats/{need.id}",
        f"/my-classes/{need.id}/other",
        *(f"/classes/{made.id}" for made in (published.first, published.second)),
        "/my-data",
    ]


@pytest.mark.parametrize(("kind", "other"), [("together", "NV006"), ("apart", "NV001")])
def test_only_a_planner_reads_whom_a_set_names(
    client: FlaskClient, published: Published, people: People, trainee: User, kind: str, other: str
) -> None:
    """Why two people do not share a class is nobody else's business: neither of themselves, nor of their unit."""
    keep(published, kind, "NV005/CV", f"{other}/CV")
    name = published.wants[f"{other}/CV"].employee.name
    room(published, first=4 if kind == "apart" else 3)
    promotion.promote(published.first.id, actor=SYSTEM)  # notes why NV005 was passed over
    db.session.commit()
    page = f"/seats/{published.wants['NV005/CV'].id}"
    assert {note.rules[0][0] for note in db.session.scalars(sa.select(PassedOver))} == {kind}
    for user, addresses in ((trainee, own_pages(published)), (people.binh, [page])):
        login(client, user)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert other not in answer.text, address
            assert name not in answer.text, address
    login(client, people.an)
    assert other in client.get(page).text
    assert name in client.get(f"/needs/{published.wants['NV005/CV'].id}/place").text


def test_names_that_an_older_release_stored_are_not_shown(
    client: FlaskClient, published: Published, people: People, trainee: User
) -> None:
    keep(published, "apart", "NV001/CV", "NV005/CV")
    room(published, first=3)
    with operation(SYSTEM, "test.older"):
        need = published.wants["NV005/CV"]
        stored = [["apart", "Những người sau không được học cùng lớp: Nguyễn Thị Số 1 (NV001)."]]
        entry = db.session.scalars(sa.select(WaitingListEntry).filter_by(need_id=need.id)).one()
        db.session.add(PassedOver(entry_id=entry.id, class_id=published.first.id, rules=stored))
        blocks = [{"code": "apart", "class_id": "L001", "option": "L001-1", "needs": ["need:NV001/CV"]}]
        for row in db.session.scalars(sa.select(RunNeed).filter_by(need_id=need.id)):
            row.blocks = blocks
            findings = {"changes": [{"kind": "chain", "moves": [{"need": "n1:NV001/CV"}]}]}
            explained = {"state": "ready", "findings": findings}
            db.session.add(RunExplanation(run_id=row.run_id, need_id=need.id, **explained))
    db.session.commit()
    login(client, trainee)
    for address in own_pages(published):
        assert "NV001" not in client.get(address).text, address
    packed = zipfile.ZipFile(io.BytesIO(client.get("/my-data/file").data))
    assert "NV001" not in packed.read("du-lieu.json").decode()
    assert "apart" in packed.read("du-lieu.json").decode(), "what is about the person stays"
