"""Planning lists, their review of a quarter, yearly ratings and knowledge tests of the demo province."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from ...careers.rules import ListEntry, age_on, most_at_once
from .people import Person

Rows = Iterable[dict[str, object]]

# Entries that a review of one quarter added and removed in the reference province, of 12,200 people.
ADDED, REMOVED, OF_PEOPLE = 605, 652, 12_200
_COMMITTEE, _MEMBERS, _CONVENED = "BCH", 5, "2025-07-01"
_AGE_MEN, _AGE_WOMEN = 57, 55  # five years before retirement
_EXCELLENT_SCORE = 80
# Planned titles: position of today → titles.
_NEXT = {
    "CV": ("PTP",), "CVC": ("PTP", "TP"), "PTP": ("TP",), "TP": ("PGDS",), "PGDS": ("GDS",),
    "CMX": ("PCTX", "PBTX"), "TBX": ("PBTX",), "PCTX": ("CTX",), "PBTX": ("BTX",), "GV": ("PHT",),
}  # fmt: skip
_IN_COMMUNE = {"TP": ("PCTX", "PBTX"), "PTP": ("TP",)}
# The unit of a planned title: the commune itself or its Party committee.
_PARTY_TITLES = {"BTX", "PBTX", _COMMITTEE}
_REASONS = ("Chuyển công tác", "Không còn đủ tuổi", "Không đủ tiêu chuẩn", "Xin rút khỏi quy hoạch")
_QUARTERS = ("I", "II", "III", "IV")
_GOOD, _EXCELLENT = "Hoàn thành tốt nhiệm vụ", "Hoàn thành xuất sắc nhiệm vụ"


def settle_ratings(everybody: list[Person], today: date) -> None:
    """Set at most a fifth as many «xuất sắc» as «tốt» per unit; in the year before last three units broke that."""
    by_unit: dict[str, list[Person]] = defaultdict(list)
    for person in everybody:
        by_unit[person.unit.code].append(person)
    loose = [code for code, people in by_unit.items() if code.startswith("S") and len(people) > 20][:3]
    for year in (today.year - 2, today.year - 1):
        for code, people in by_unit.items():
            if code in loose and year == today.year - 2:
                continue
            _settle(people, str(year))


def _settle(people: list[Person], year: str) -> None:
    there = [p for p in people if not p.values["service_start"] or str(p.values["service_start"])[:4] <= year]
    ratings = [p.values["ratings"] for p in there]
    excellent = [r for r in ratings if isinstance(r, dict) and r.get(year) == _EXCELLENT]
    good = sum(isinstance(r, dict) and r.get(year) == _GOOD for r in ratings)
    while excellent and len(excellent) * 5 > good:
        excellent.pop()[year] = _GOOD
        good += 1


def review_days(today: date) -> tuple[date, date]:
    """Return first and last day of the last completed quarter."""
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    last = first - timedelta(days=1)
    return date(last.year, last.month - 2, 1), last


@dataclass(slots=True)
class _Lists:
    """Entries so far; refuses those that would break a limit."""

    people: dict[int, Person]
    rows: list[dict[str, object]] = field(default_factory=list)
    entries: list[ListEntry] = field(default_factory=list)
    of_person: dict[int, list[ListEntry]] = field(default_factory=lambda: defaultdict(list))
    of_title: dict[tuple[int, int], list[ListEntry]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, int] = field(default_factory=dict)

    def _number(self, code: str) -> int:
        return self.numbers.setdefault(code, len(self.numbers))

    def add(
        self,
        person: Person,
        title: str,
        unit: str,
        added_on: date,
        removed_on: date | None = None,
        *,
        most: int = 4,
        paper: str = "",
        reason: str | None = None,
    ) -> bool:
        """Add the entry if it keeps the limits; return whether it was added."""
        who, what, where = int(person.code), self._number(title), self._number(unit)
        entry = ListEntry(who, what, where, added_on, removed_on)
        mine, others = self.of_person[who], self.of_title[what, where]
        same = [other for other in mine if (other.title, other.unit) == (what, where)]
        if (
            most_at_once(entry, same)[0] > 1
            or most_at_once(entry, mine)[0] > 3
            or most_at_once(entry, others)[0] > most
        ):
            return False
        mine.append(entry)
        others.append(entry)
        self.entries.append(entry)
        self.rows.append(
            {
                "employee": person.code,
                "title": title,
                "unit": unit,
                "added_on": added_on.isoformat(),
                "removed_on": removed_on.isoformat() if removed_on else None,
                "paper": paper,
                "reason": reason,
            }
        )
        return True

    def take_off(self, index: int, day: date, reason: str) -> None:
        old = self.entries[index]
        new = ListEntry(old.person, old.title, old.unit, old.added_on, day)
        for entries in (self.of_person[old.person], self.of_title[old.title, old.unit], self.entries):
            entries[entries.index(old)] = new
        self.rows[index] |= {"removed_on": day.isoformat(), "reason": reason}


def career_sheets(
    random: Random, everybody: list[Person], held: Iterable[dict[str, object]], today: date
) -> dict[str, Rows]:
    """Return the sheets of planning lists and related data.

    1. Everybody who holds a leadership title was on the list the day before. 2. Lists were approved half a year
    before the review. 3. The review of the last quarter added and removed as many entries as in the reference.

    Args:
        held: rows of leadership titles that people hold.
        today: of the demo.
    """
    first, last = review_days(today)
    base = first - timedelta(days=200)
    lists = _Lists({int(person.code): person for person in everybody})
    by_code = {person.code: person for person in everybody}
    members = _members(everybody)
    sitting: list[dict[str, object]] = [
        {"employee": person.code, "title": _COMMITTEE, "first": _CONVENED, "paper": "Chỉ định theo NQ 1679"}
        for person in members
    ]
    for row in sorted([*held, *sitting], key=lambda row: (str(row["first"]), str(row["employee"]))):
        _planned_before(random, lists, by_code[str(row["employee"])], row, first)
    committees = {person.unit.code for person in members}
    share = len(everybody) / OF_PEOPLE
    added, removed = max(1, round(ADDED * share)), max(1, round(REMOVED * share))
    candidates = _candidates(random, everybody, members, committees, first)
    cut = round(len(candidates) * 0.62)
    standing, coming = candidates[:cut], candidates[cut:]
    approved = [
        len(lists.rows) - 1
        for person, title, unit, most in standing
        if lists.add(person, title, unit, base, most=most, paper=f"{base.year}/QĐ-BTVTU")
    ]
    _review(random, lists, approved, coming, added, removed, (first, last))
    return {
        "titles": [
            {"code": _COMMITTEE, "name": "Ủy viên Ban Chấp hành Đảng bộ cấp xã", "kind": "leadership",
             "committee": True}
        ],
        "held_titles": sitting,
        "career_limits": _limits(first),
        "planning_reviews": [
            {
                "code": f"RS{first.year}-{first.month // 3 + 1}",
                "name": f"Rà soát, bổ sung quy hoạch quý {_QUARTERS[first.month // 3]}/{first.year}",
                "first": first.isoformat(),
                "last": last.isoformat(),
                "paper": f"Kế hoạch rà soát quy hoạch năm {first.year}",
            }
        ],
        "planned_titles": lists.rows,
        "knowledge_tests": _tests(random, everybody, today),
    }  # fmt: skip


def _limits(review: date) -> list[dict[str, object]]:
    shared = {
        "titles_per_person": 3, "people_per_title": 4, "least_planned": 150, "most_planned": 200,
        "young_under": 40,
        "least_young": 15, "least_women": 15, "most_excellent": 20,
    }  # fmt: skip
    return [
        {**shared, "valid_from": "2017-01-01", "valid_to": (review - timedelta(days=1)).isoformat(),
         "source": "Quy định 50-QĐ/TW và Hướng dẫn 16-HD/BTCTW"},
        {**shared, "valid_from": review.isoformat(), "most_age_men": _AGE_MEN, "most_age_women": _AGE_WOMEN,
         "excellent_score": _EXCELLENT_SCORE, "source": "Hướng dẫn của Ban Tổ chức Tỉnh ủy"},
    ]  # fmt: skip


def _planned_before(random: Random, lists: _Lists, person: Person, row: dict[str, object], review: date) -> None:
    """Put people on the list for some months until the appointment, for fewer days if the list was full."""
    title, appointed = str(row["title"]), date.fromisoformat(str(row["first"]))
    usual = 120 if title == _COMMITTEE else random.randint(60, 240)  # a committee is planned for as a whole
    for days in (usual, 30, 10, 3, 1):
        added_on = appointed - timedelta(days=days)
        if added_on >= review and not _young_enough(person, added_on):
            added_on = review - timedelta(days=1)
        if lists.add(
            person, title, person.unit.code, added_on, appointed,
            most=2 * _MEMBERS if title == _COMMITTEE else 4,
            paper=f"{added_on.year}/QĐ-BTVTU", reason="Đã bổ nhiệm",
        ):  # fmt: skip
            return


def _young_enough(person: Person, day: date) -> bool:
    birth = str(person.values["birth"])
    age = age_on(date.fromisoformat(birth) if len(birth) == 10 else None, int(birth[:4]), day)
    return age is not None and age <= (_AGE_WOMEN if person.values["sex"] == "female" else _AGE_MEN)


def _members(everybody: list[Person]) -> list[Person]:
    """Return five members of each commune's Party committee, who work in its office."""
    found: dict[str, list[Person]] = defaultdict(list)
    for person in everybody:
        if person.unit.sort == "commune_party" and person.position != "BTCB":
            insort(found[person.unit.code], person, key=lambda p: p.code)
    return [person for people in found.values() for person in people[:_MEMBERS]]


Candidate = tuple[Person, str, str, int]  # person, title, unit, most people on the list


def _candidates(
    random: Random, everybody: list[Person], members: list[Person], committees: set[str], day: date
) -> list[Candidate]:
    """Return possible candidates for each title, in no particular order."""
    codes = {person.unit.code for person in everybody}
    sitting = {person.code for person in members}
    found: list[Candidate] = []
    for person in everybody:
        if not _young_enough(person, day + timedelta(days=100)):
            continue
        commune = person.unit.sort in {"commune", "commune_party"}
        titles = _IN_COMMUNE.get(person.position) if commune else None
        for title in titles or _NEXT.get(person.position, ()):
            unit = person.unit.code
            if commune and title in _PARTY_TITLES and not unit.endswith("D"):
                unit = f"{unit}D"
            elif commune and title not in _PARTY_TITLES and unit.endswith("D"):
                unit = unit[:-1]
            if unit in codes and random.random() < 0.5:
                found.append((person, title, unit, 3))
        committee = f"{person.unit.code[:3]}D"
        if commune and committee in committees and person.position != "BTCB" and person.code not in sitting:
            found.append((person, _COMMITTEE, committee, 2 * _MEMBERS))
    random.shuffle(found)
    return found


def _review(
    random: Random,
    lists: _Lists,
    approved: list[int],
    coming: list[Candidate],
    added: int,
    removed: int,
    days: tuple[date, date],
) -> None:
    """Bring the additions and removals of the quarter to these numbers: removals first, then additions."""
    first, last = days
    span = (last - first).days
    within = [e.removed_on is not None and first <= e.removed_on <= last for e in lists.entries]
    off = removed - sum(within)
    for index in random.sample(approved, min(max(0, off), len(approved))):
        lists.take_off(index, first + timedelta(days=random.randrange(span // 2)), random.choice(_REASONS))
    on = added - sum(first <= e.added_on <= last for e in lists.entries)
    for person, title, unit, most in coming:
        if on <= 0:
            return
        day = first + timedelta(days=span // 2 + 10 * random.randrange(span // 20))  # decisions come now and then
        if _young_enough(person, day):
            on -= lists.add(person, title, unit, day, most=max(most, 4), paper=f"{day.year}/QĐ-BTVTU")


def _tests(random: Random, everybody: list[Person], today: date) -> list[dict[str, object]]:
    """Return last year's tests of officials; those rated excellent have the required points."""
    year = today.year - 1
    found: list[dict[str, object]] = []
    for person in everybody:
        ratings = person.values["ratings"]
        if person.unit.sort not in {"department", "commune"} or not isinstance(ratings, dict):
            continue
        excellent = ratings.get(str(year)) == _EXCELLENT
        low = _EXCELLENT_SCORE if excellent else 52
        score = min(100, max(low, round(random.gauss(90 if excellent else 78, 8))))
        found.append(
            {"employee": person.code, "year": year, "score": score, "held_on": date(year, 11, 14).isoformat()}
        )
    return found
