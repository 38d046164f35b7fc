"""Units that close, merge and split: the day before and the day after."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.people import history, transfers
from training.people.models import Employee, Tree, Unit, UnitKind, UnitLink, UnitSuccession
from training.people.operations import save_unit
from training.people.queries import subtree_ids, unit_choices
from training.people.reorganisation import (
    Reorganisation,
    follow_trees,
    preview,
    reorganise,
    save_unit_link,
    save_unit_succession,
    set_parent,
)

JULY = date(2025, 7, 1)
DAY = timedelta(days=1)


def unit(province: Province, code: str, name: str, *, parent: Unit | None = None, **more: object) -> Unit:
    values = {
        "code": code, "name": name, "kind": UnitKind.WARD, "place_id": province.place_x.id,
        "parent_id": (parent or province.province).id, **more,
    }  # fmt: skip
    saved = save_unit(values, actor=SYSTEM)
    db.session.commit()
    return saved


def staff(unit: Unit, *codes: str) -> list[Employee]:
    with operation(SYSTEM, "test.staff"):
        found = [Employee(code=code, name=f"Ngô Văn {code}", unit=unit) for code in codes]
        db.session.add_all(found)
    db.session.commit()
    return found


def counts(day: date, *, now: bool = False) -> dict[str, int]:
    found = history.headcounts(day, ALL, now=now)
    shown = {count.unit.code: count.people for count in found.by_unit.values() if count.unit and count.people}
    return shown | ({"?": found.unplaced.people} if found.unplaced.people else {})


def test_a_merger_the_day_before_and_the_day_after(people: People, province: Province) -> None:
    new = unit(province, "XM", "Phường Hạ Long", valid_from=JULY)
    plan = Reorganisation([province.commune_x, province.commune_y], [new], JULY, "NQ 1679")
    assert {(p.code, u.code) for p, u in preview(plan).people if u} == {("NV001", "XM"), ("NV002", "XM")}
    assert counts(JULY) == {"XA1": 1, "XA2": 1}  # a preview moves nobody
    reorganise(plan, actor=people.an)
    db.session.commit()

    assert counts(JULY - DAY) == {"XA1": 1, "XA2": 1}
    assert counts(JULY) == {"XM": 2}
    assert counts(JULY - DAY, now=True) == {"XM": 2}
    assert province.chi.unit_id == new.id
    assert province.commune_x.valid_to == JULY - DAY
    on = {day: set(history.parents_on(day)) for day in (JULY - DAY, JULY)}
    assert province.commune_x.id in on[JULY - DAY]
    assert new.id not in on[JULY - DAY]
    assert on[JULY] == {province.province.id, new.id}
    assert "Phường Cẩm Phả" not in dict(unit_choices(ALL)).values()


def test_a_split_the_day_before_and_the_day_after(people: People, province: Province) -> None:
    old = province.commune_x
    more = staff(old, "NV003", "NV004")
    left, gone = more
    north, south = (unit(province, code, f"Phường {code}", valid_from=JULY) for code in ("BAC", "NAM"))
    plan = Reorganisation([old], [north, south], JULY, placements={left.id: south.id, gone.id: south.id})
    reorganise(plan, actor=people.an)
    db.session.commit()
    assert counts(JULY - DAY) == {"XA1": 3, "XA2": 1}
    assert counts(JULY) == {"BAC": 1, "NAM": 2, "XA2": 1}
    # «Now»: everybody where they are, as long as they are in one of the successors…
    assert counts(JULY - DAY, now=True) == {"BAC": 1, "NAM": 2, "XA2": 1}
    # … and nobody guesses for whoever went elsewhere since.
    with operation(SYSTEM, "test.elsewhere"):
        transfers.move(gone, province.commune_y.id, None, day=date(2025, 9, 1))
    db.session.commit()
    assert counts(JULY - DAY, now=True) == {"BAC": 1, "NAM": 1, "XA2": 1, "?": 1}
    assert counts(JULY - DAY) == {"XA1": 3, "XA2": 1}


def test_a_part_is_split_off_and_the_unit_goes_on(people: People, province: Province) -> None:
    chosen, _other = staff(province.commune_x, "NV003", "NV004")
    part = unit(province, "PHAN", "Đặc khu", valid_from=JULY)
    plan = Reorganisation([province.commune_x], [part], JULY, closes=False, placements={chosen.id: part.id})
    reorganise(plan, actor=people.an)
    db.session.commit()
    assert counts(JULY - DAY) == {"XA1": 3, "XA2": 1}
    assert counts(JULY) == {"XA1": 2, "PHAN": 1, "XA2": 1}
    assert province.commune_x.valid_to is None


def test_successors_of_successors_are_found(people: People, province: Province) -> None:
    first = unit(province, "P1", "Phường 1", valid_from=JULY)
    second = unit(province, "P2", "Phường 2", valid_from=date(2025, 9, 1))
    reorganise(Reorganisation([province.commune_x], [first], JULY), actor=people.an)
    reorganise(Reorganisation([first], [second], date(2025, 9, 1)), actor=people.an)
    db.session.commit()
    assert counts(JULY - DAY, now=True) == {"P2": 1, "XA2": 1}
    assert counts(date(2025, 8, 31)) == {"P1": 1, "XA2": 1}


def test_units_below_go_along_and_the_tree_of_the_past_stays(people: People, province: Province) -> None:
    old = province.commune_x
    office = unit(province, "VP", "Văn phòng", parent=old)
    new = unit(province, "XM", "Phường mới", valid_from=JULY)
    reorganise(Reorganisation([old], [new], JULY), actor=people.an)
    db.session.commit()
    assert office.parent_id == new.id  # the scope of today's officers
    assert set(db.session.scalars(subtree_ids([new.id]))) == {new.id, office.id}
    assert history.parents_on(JULY - DAY)[office.id] == old.id
    assert history.parents_on(JULY)[office.id] == new.id


def test_what_cannot_be_is_refused_and_nothing_is_written(people: People, province: Province) -> None:
    x, y = province.commune_x, province.commune_y
    late = unit(province, "MUON", "Phường muộn", valid_from=date(2025, 9, 1))
    good = Reorganisation([x], [y], JULY)
    cases = (
        (replace(good, predecessors=[]), "predecessor_ids"),
        (replace(good, successors=[x]), "successor_ids"),
        (replace(good, successors=[late]), "successor_ids"),
        (replace(good, successors=[]), "successor_ids"),  # people are there
        (replace(good, predecessors=[late]), "predecessor_ids"),
        (replace(good, placements={province.chi.id: late.id}), "placements"),
    )
    for plan, field in cases:
        with pytest.raises(Refused) as refused:
            reorganise(plan, actor=people.an)
        assert {fault.field for fault in refused.value.faults} == {field}
        db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UnitSuccession)) == 0
    assert x.valid_to is None


def test_an_empty_unit_closes_without_a_successor(people: People, province: Province) -> None:
    empty = unit(province, "RONG", "Phường trống")
    below = unit(province, "DUOI", "Tổ", parent=empty)
    reorganise(Reorganisation([empty], [], JULY), actor=people.an)
    db.session.commit()
    assert empty.valid_to == JULY - DAY
    assert below.parent_id == province.province.id


def test_a_coming_reorganisation_waits_for_its_day(people: People, province: Province) -> None:
    day = today() + timedelta(days=60)
    new = unit(province, "XM", "Phường mới", valid_from=day)
    office = unit(province, "VP", "Văn phòng", parent=province.commune_x)
    reorganise(Reorganisation([province.commune_x], [new], day), actor=people.an)
    db.session.commit()
    assert (province.chi.unit_id, office.parent_id) == (province.commune_x.id, province.commune_x.id)
    assert history.parents_on(day)[office.id] == new.id
    assert follow_trees(actor=SYSTEM, day=day) == 1
    db.session.commit()
    assert office.parent_id == new.id
    assert history.parents_on(day - DAY)[office.id] == province.commune_x.id


def test_the_party_tree_runs_beside_the_state_tree(people: People, province: Province) -> None:
    committee = unit(province, "DU", "Đảng ủy phường", kind=UnitKind.PARTY)
    link = {"unit_id": province.commune_x.id, "tree": Tree.PARTY, "parent_id": committee.id, "first": JULY}
    save_unit_link(link, actor=people.an)
    db.session.commit()
    assert history.parents_on(JULY, Tree.PARTY)[province.commune_x.id] == committee.id
    assert history.parents_on(JULY - DAY, Tree.PARTY)[province.commune_x.id] is None
    assert history.parents_on(JULY)[province.commune_x.id] == province.province.id
    assert history.headcounts(JULY, ALL, tree=Tree.PARTY).by_unit[committee.id].people_below == 1
    with pytest.raises(Refused):
        save_unit_link({**link, "first": date(2025, 9, 1)}, actor=people.an)
    db.session.rollback()
    with pytest.raises(Refused):  # below what stands below it
        set_parent(committee, province.commune_x, Tree.PARTY, since=date(2025, 9, 1), actor=people.an)
    db.session.rollback()
    with operation(SYSTEM, "test.past"):
        db.session.add(UnitLink(unit=province.commune_x, tree="party", parent=province.province, first=JULY))
    with pytest.raises(sa.exc.IntegrityError, match="ex_unit_link_period"):
        db.session.commit()


def test_a_closed_unit_leaves_the_party_tree_on_that_day(people: People, province: Province) -> None:
    committee, heir = (unit(province, code, code, kind=UnitKind.PARTY) for code in ("DU1", "DU2"))
    set_parent(province.commune_x, committee, Tree.PARTY, since=date(2021, 1, 1), actor=people.an)
    db.session.commit()
    reorganise(Reorganisation([committee], [heir], JULY), actor=people.an)
    db.session.commit()
    assert history.parents_on(JULY - DAY, Tree.PARTY)[province.commune_x.id] == committee.id
    assert history.parents_on(JULY, Tree.PARTY)[province.commune_x.id] == heir.id


def test_a_succession_alone_needs_units_of_its_day(people: People, province: Province) -> None:
    values = {"predecessor_id": province.commune_x.id, "successor_id": province.commune_y.id, "since": JULY}
    with operation(SYSTEM, "test.valid"):
        province.commune_y.valid_from = date(2025, 9, 1)
    db.session.commit()
    with pytest.raises(Refused, match="01/09/2025"):
        save_unit_succession(values, actor=people.an)
    db.session.rollback()
    save_unit_succession({**values, "since": date(2025, 9, 1)}, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        save_unit_succession({**values, "since": date(2025, 10, 1)}, actor=people.an)
