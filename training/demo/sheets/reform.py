"""The organisation of the demo province before 1/7/2025, its successors, and where people were then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from .organisation import AREAS, PARTY_COMMITTEE, PROVINCE, UnitPlan
from .people import Person

REFORM = date(2025, 7, 1)
_LAST = REFORM - timedelta(days=1)
_PAPER = "Nghị quyết 1679/NQ-UBTVQH15"
_CITIES = {"HALONG", "CAMPHA", "UONGBI", "MONGCAI", "DONGTRIEU"}
_TOWNS = {"QUANGYEN"}
# The nine former communes between which officials of Đầm Hà were rotated, and their successors.
_FORMER = {
    "UBND xã Đầm Hà": ("Thị trấn Đầm Hà", "Xã Đầm Hà", "Xã Tân Bình", "Xã Tân Lập", "Xã Đại Bình"),
    "UBND xã Quảng Tân": ("Xã Quảng Tân", "Xã Quảng An", "Xã Quảng Lâm", "Xã Dực Yên"),
}
_ROTATING = "DAMHA"
MOVES, HEADS, LOCAL_HEADS = 60, 16, 1  # as a reference district reported them
_BOTH, _SECRETARY, _CHAIR = "BTCTX", "BTX", "CTX"  # two of the nine secretaries chaired the commune as well
_DEPUTIES = ("PBTX", "PCTX", "CMX")
_HEAD_POSITIONS = {"BTX", "CTX"}

Rows = Iterable[dict[str, object]]


def _district(area: str) -> str:
    return f"Q{area}"


def _committee(area: str) -> str:
    return f"T{area}"


def _word(area: str) -> str:
    return "thành phố" if area in _CITIES else "thị xã" if area in _TOWNS else "huyện"


def since_the_reform(unit: UnitPlan) -> bool:
    """Return whether the unit began with the reform: a commune, its Party committee or its centre."""
    return unit.code[0] == "X" and unit.code[1:3].isdigit()


def settle_homes(random: Random, everybody: list[Person]) -> None:
    """Give most people of the province a home place finer than the province itself.

    Heads of communes come from elsewhere, as the rules require.
    """
    areas = [area for area in AREAS if area != "HANOI"]
    for person in everybody:
        if person.values["home_place"] != "Quảng Ninh":
            continue
        luck, own = random.random(), person.unit.area
        if person.position in _HEAD_POSITIONS:
            own, luck = random.choice([area for area in areas if area != own]), luck * 0.9
        if luck < 0.92:
            area = own if luck < 0.62 else random.choice([a for a in areas if a != person.unit.area])
            person.values["home_place"] = f"{AREAS[area][0]}, Quảng Ninh"


def reform_sheets(random: Random, units: list[UnitPlan], everybody: list[Person], today: date) -> dict[str, Rows]:
    """Return the sheets of closed units, their successors, the Party tree, people's history up to the reform.

    Args:
        units, everybody: the province of today; the home places of the heads of Đầm Hà are set here.
        today: of the demo; the rotations are within the five years before it.
    """
    by_name = {unit.name: unit.code for unit in units}
    former: list[dict[str, object]] = []
    successions: list[dict[str, object]] = []
    for area, (name, _x, _y) in AREAS.items():
        if area == "HANOI":
            continue
        bodies = (
            (_district(area), f"UBND {_word(area)} {name}", "district", PROVINCE),
            (_committee(area), f"{_word(area).split()[0].capitalize()} ủy {name}", "party", PARTY_COMMITTEE),
        )  # fmt: skip
        for code, title, kind, parent in bodies:
            former.append(_closed(code, title, kind, parent, area))
        for unit in units:
            if unit.area == area and since_the_reform(unit):
                before = _committee(area) if unit.kind == "party" else _district(area)
                successions.append(_follows(before, unit.code))
    rotating = [(name, by_name[heir]) for heir, names in _FORMER.items() if heir in by_name for name in names]
    communes = []
    for number, (name, heir) in enumerate(rotating, start=1):
        code = f"DH{number}"
        communes.append(code)
        former.append(_closed(code, name, "commune", _district(_ROTATING), _ROTATING))
        successions.append(_follows(code, heir))
    stays = _rotations(random, communes, everybody, today)
    rotated = {stay["employee"] for stay in stays}
    for person in everybody:
        start = person.values["service_start"]
        if (
            since_the_reform(person.unit)
            and person.code not in rotated
            and (not start or str(start) < "2025-07-01")
        ):
            stays.append(_stay(person, None, _LAST, _former_unit(person), _former_position(person), "appointment"))
    return {"units": former, "successions": successions, "unit_links": _party_tree(units), "assignments": stays}


def _closed(code: str, name: str, kind: str, parent: str, area: str) -> dict[str, object]:
    return {
        "code": code, "name": name, "kind": kind, "parent": parent, "place": area, "valid_to": _LAST.isoformat(),
    }  # fmt: skip


def _follows(predecessor: str, successor: str) -> dict[str, object]:
    return {
        "predecessor": predecessor, "successor": successor, "since": REFORM.isoformat(), "paper": _PAPER,
    }  # fmt: skip


def _former_unit(person: Person) -> str:
    area = person.unit.area
    return _committee(area) if person.unit.kind == "party" else _district(area)


def _former_position(person: Person) -> str:
    """Nobody who headed a district headed a commune afterwards: they headed an office of it."""
    return "TP" if person.position in _HEAD_POSITIONS else person.position


def _stay(
    person: Person, first: date | None, last: date, unit: str, position: str, kind: str, paper: str | None = None
) -> dict[str, object]:
    return {
        "employee": person.code,
        "unit": unit,
        "position": position,
        "first": first.isoformat() if first else None,
        "last": last.isoformat(),
        "kind": kind,
        "main": True,
        "paper": paper,
    }


def _party_tree(units: list[UnitPlan]) -> list[dict[str, object]]:
    """Return rows that put communes below their Party committee, and departments below the administration's.

    The Party committees of communes are below that of the province; the departments' is that of the provincial
    administration.
    """
    codes = {unit.code for unit in units}
    found: list[dict[str, object]] = []

    def link(unit: str, parent: str, first: str | None = None) -> None:
        if {unit, parent} <= codes:
            found.append({"unit": unit, "tree": "party", "parent": parent, "first": first})

    for unit in units:
        if since_the_reform(unit):
            committee = f"{unit.code[:3]}D"
            link(unit.code, PARTY_COMMITTEE if unit.code == committee else committee, REFORM.isoformat())
        elif unit.kind == "department":
            link(unit.code, "DUUB" if "DUUB" in codes else PARTY_COMMITTEE)
        elif unit.kind == "party" and unit.code != PARTY_COMMITTEE:
            link(unit.code, PARTY_COMMITTEE)
    return found


def _rotations(
    random: Random, communes: list[str], everybody: list[Person], today: date
) -> list[dict[str, object]]:
    """Return sixty moves between nine communes in the five years before today.

    Sixteen of the moved people head a commune on the eve of the reform, one of them a local.
    """
    if not communes:
        return []
    opening = min(max(date(2021, 1, 4), today - timedelta(days=5 * 365 - 30)), date(2024, 1, 1))
    officials = [
        person
        for person in everybody
        if person.unit.area == _ROTATING
        and since_the_reform(person.unit)
        and person.position != "BTCB"
        and "2000" < str(person.values["service_start"] or "9999")[:4] < "2020"
    ]
    officials.sort(key=lambda person: (person.values["degree"] not in {"Thạc sĩ", "Đại học"}, person.code))
    posts = [(communes[0], _BOTH), (communes[1], _BOTH)]
    posts += [(commune, post) for commune in communes[2:] for post in (_SECRETARY, _CHAIR)]
    heads = officials[: len(posts)]
    others = officials[len(posts) :][: MOVES - len(posts) - len(posts) // 2]
    stays: list[dict[str, object]] = []
    for number, (person, (commune, post)) in enumerate(zip(heads, posts, strict=False)):
        elsewhere = [area for area in AREAS if area not in {_ROTATING, "HANOI"}]
        home = _ROTATING if number < LOCAL_HEADS else random.choice(elsewhere)
        person.values["home_place"] = f"{AREAS[home][0]}, Quảng Ninh"
        earlier = [(random.choice([c for c in communes if c != commune]), random.choice(_DEPUTIES))]
        line = [*(earlier if number % 2 else []), (commune, post)]
        stays += _line(random, person, line, opening)
    for number, person in enumerate(others):
        left = MOVES - sum(stay["kind"] == "rotation" for stay in stays) - (len(others) - number)
        count = 2 if left > 0 else 1
        line = [(random.choice(communes), random.choice(_DEPUTIES)) for _ in range(count)]
        stays += _line(random, person, line, opening)
    return stays


def _line(random: Random, person: Person, moves: list[tuple[str, str]], opening: date) -> list[dict[str, object]]:
    """Return where somebody was until the reform: in the district, then rotated from one commune to the next."""
    room = (_LAST - opening).days // len(moves)
    starts = [opening + timedelta(days=room * n + random.randrange(room // 2)) for n in range(len(moves))]
    first = _stay(person, None, starts[0] - timedelta(days=1), _former_unit(person), "CMX", "appointment")
    found = [first]
    for n, (commune, post) in enumerate(moves):
        last = starts[n + 1] - timedelta(days=1) if n + 1 < len(moves) else _LAST
        paper = f"{random.randint(100, 4_000)}-QĐ/HU"
        found.append(_stay(person, starts[n], last, commune, post, "rotation", paper))
    return found
