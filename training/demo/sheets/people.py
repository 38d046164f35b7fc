"""The people of the demo province: their data, positions and completions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from ...core.vietnamese import search_key
from .curriculum import BY_CODE
from .names import full_name
from .organisation import UnitPlan

POSITIONS = {
    "LDT": "Lãnh đạo tỉnh",
    "GDS": "Giám đốc sở, trưởng ban, ngành",
    "PGDS": "Phó giám đốc sở, phó trưởng ban, ngành",
    "TP": "Trưởng phòng và tương đương",
    "PTP": "Phó trưởng phòng và tương đương",
    "CVC": "Chuyên viên chính",
    "CV": "Chuyên viên",
    "CS": "Cán sự, nhân viên",
    "BTX": "Bí thư Đảng ủy cấp xã",
    "BTCTX": "Bí thư Đảng ủy, Chủ tịch UBND cấp xã",
    "PBTX": "Phó bí thư Đảng ủy cấp xã",
    "CTX": "Chủ tịch UBND cấp xã",
    "PCTX": "Phó chủ tịch UBND cấp xã",
    "CMX": "Công chức chuyên môn cấp xã",
    "TBX": "Trưởng ban, đoàn thể cấp xã",
    "BTCB": "Bí thư chi bộ, trưởng thôn, khu phố",
    "GDDV": "Giám đốc, phó giám đốc đơn vị sự nghiệp",
    "VC": "Viên chức chuyên môn",
    "KT": "Kế toán",
    "HT": "Hiệu trưởng, phó hiệu trưởng",
    "GV": "Giáo viên",
    "BS": "Bác sĩ",
    "DDV": "Điều dưỡng, hộ sinh",
}
HEADS = {"GDS", "BTX", "BTCTX", "CTX"}  # positions whose holders head their unit
# Sort of unit → positions with their shares; those with a count first take this number of people.
STAFF: dict[str, tuple[tuple[str, int, float], ...]] = {
    "leaders": (("LDT", 5, 1),),
    "department": (("GDS", 1, 0), ("PGDS", 3, 0), ("TP", 0, 10), ("PTP", 0, 14), ("CVC", 0, 20), ("CV", 0, 46),
                   ("CS", 0, 6), ("KT", 0, 4)),
    "party": (("GDS", 1, 0), ("PGDS", 2, 0), ("TP", 0, 14), ("PTP", 0, 16), ("CVC", 0, 26), ("CV", 0, 40),
    ("CS", 0, 4)),
    "service": (("GDDV", 2, 0), ("TP", 0, 8), ("VC", 0, 70), ("KT", 0, 7), ("CS", 0, 8)),
    "commune": (("CTX", 1, 0), ("PCTX", 2, 0), ("TP", 3, 2), ("PTP", 3, 3), ("CMX", 0, 70), ("KT", 0, 6),
    ("CS", 0, 6)),
    "commune_party": (("BTX", 1, 0), ("PBTX", 2, 0), ("TBX", 4, 6), ("CMX", 0, 22), ("BTCB", 0, 60)),
    "school": (("HT", 3, 0), ("GV", 0, 88), ("KT", 0, 4), ("CS", 0, 6)),
    "hospital": (("GDDV", 3, 0), ("TP", 0, 8), ("BS", 0, 34), ("DDV", 0, 46), ("VC", 0, 10), ("KT", 0, 3)),
}  # fmt: skip
_LEADERS = {"LDT", "GDS", "PGDS"}
_COMMUNE_LEADERS = {"BTX", "PBTX", "CTX", "PCTX"}
_HEADS = {"TP", "PTP", "TBX", "GDDV", "HT"}
_GROUPS = {"HT": "school_leader", "GV": "teacher", "BS": "health", "DDV": "health", "BTCB": "village"}
_RANKS = {
    "CVC": "01.002", "CV": "01.003", "CS": "01.004", "CMX": "01.003", "TP": "01.002", "PTP": "01.003",
    "TBX": "01.003",
    "KT": "06.031", "GV": "V.07.05.15", "HT": "V.07.05.14", "BS": "V.08.01.03", "DDV": "V.08.05.13",
    "VC": "01.003",
    "GDDV": "01.002", "CTX": "01.002", "PCTX": "01.003", "BTX": "01.002", "PBTX": "01.003",
}  # fmt: skip
_PLANNED = {
    "CV": "Phó trưởng phòng", "CVC": "Trưởng phòng", "PTP": "Trưởng phòng", "TP": "Phó giám đốc sở",
    "PGDS": "Giám đốc sở",
    "CMX": "Phó chủ tịch UBND cấp xã", "PCTX": "Chủ tịch UBND cấp xã", "PBTX": "Bí thư Đảng ủy cấp xã",
    "GV": "Phó hiệu trưởng",
}  # fmt: skip
_ETHNICITIES = (
    ("Kinh", 868),
    ("Dao", 52),
    ("Tày", 34),
    ("Sán Dìu", 16),
    ("Sán Chỉ", 14),
    ("Hoa", 6),
    ("Mường", 5),
    ("Nùng", 5),
)
_HOMES = (
    ("Quảng Ninh", 74),
    ("Hải Phòng", 12),
    ("Hưng Yên", 4),
    ("Ninh Bình", 3),
    ("Bắc Ninh", 3),
    ("Phú Thọ", 2),
    ("Nghệ An", 2),
)
_PROVINCE_CODES = {
    "Quảng Ninh": "022", "Hải Phòng": "031", "Hưng Yên": "033", "Ninh Bình": "037", "Bắc Ninh": "027",
    "Phú Thọ": "025",
    "Nghệ An": "040",
}  # fmt: skip
_RATINGS = (("Hoàn thành xuất sắc nhiệm vụ", 18), ("Hoàn thành tốt nhiệm vụ", 72), ("Hoàn thành nhiệm vụ", 9),
            ("Không hoàn thành nhiệm vụ", 1))  # fmt: skip
_PREFIXES = ("090", "091", "094", "098", "097", "096", "086", "036", "037", "038", "035", "039", "088", "083")
_ISSUERS = {
    "political_theory": "Trường Chính trị Nguyễn Văn Cừ",
    "state_management": "Trường Chính trị Nguyễn Văn Cừ",
    "defence": "Bộ Chỉ huy quân sự tỉnh",
}


@dataclass(slots=True)
class Person:
    """A person: the plain values of their row, their group (`curriculum`) and their completions, course → day."""

    code: str
    unit: UnitPlan
    position: str
    group: str
    values: dict[str, object]
    completed: dict[str, date] = field(default_factory=dict)
    theory_settled: bool = False  # no further course of political theory may be added to the completions

    def has(self, course: str) -> bool:
        """Return whether the person completed this course, or one that makes it unnecessary."""
        return course in self.completed or any(course in BY_CODE[done].implies for done in self.completed)


def people(random: Random, units: list[UnitPlan], today: date) -> list[Person]:
    """Return everybody, unit by unit."""
    found: list[Person] = []
    taken: set[str] = set()
    for unit in units:
        for position in _positions(random, unit):
            found.append(_person(random, f"{len(found) + 1:05}", unit, position, today, taken))
    return found


def _positions(random: Random, unit: UnitPlan) -> list[str]:
    staff = STAFF[unit.sort]
    fixed = [position for position, count, _share in staff for _ in range(count)][: max(1, unit.people // 3)]
    names = [position for position, _count, share in staff if share]
    weights = [share for _position, _count, share in staff if share]
    return fixed[: unit.people] + random.choices(names, weights, k=max(0, unit.people - len(fixed)))


def _level(position: str) -> str:
    if position in _LEADERS or position in {"BTX", "CTX"}:
        return "top"
    if position in _HEADS or position in _COMMUNE_LEADERS or position == "CVC":
        return "middle"
    return "village" if position == "BTCB" else "staff"


def _person(random: Random, code: str, unit: UnitPlan, position: str, today: date, taken: set[str]) -> Person:
    level = _level(position)
    female = random.random() < {"top": 0.24, "middle": 0.36, "staff": 0.52, "village": 0.22}[level]
    if position in {"GV", "DDV"}:
        female = random.random() < 0.74
    age = round(
        random.triangular(
            *{"top": (40, 60, 52), "middle": (33, 59, 44), "staff": (24, 59, 37), "village": (30, 68, 52)}[level]
        )
    )
    born = date(today.year - age, 1, 1) + timedelta(days=random.randrange(365))
    remote = unit.area in {"BINHLIEU", "BACHE", "TIENYEN", "DAMHA", "HAIHA"}
    ethnicity = _draw(random, _ETHNICITIES)
    if remote and random.random() < 0.4:
        ethnicity = random.choice(("Dao", "Tày", "Sán Chỉ"))
    name = full_name(random, female=female, ethnicity=ethnicity)
    start = min(
        date(born.year + random.randint(21, 27), random.choice((1, 3, 9)), random.randint(1, 28)),
        today - timedelta(days=200),
    )
    member = level in {"top", "middle"} or position == "BTCB" or random.random() < 0.55
    joined = min(
        start + timedelta(days=random.randint(500, 3600)), today - timedelta(days=random.randint(60, 2000))
    )
    home = _draw(random, _HOMES)
    citizen_id = ""
    while not citizen_id or citizen_id in taken:
        century = (2 if born.year >= 2000 else 0) + (1 if female else 0)
        citizen_id = f"{_PROVINCE_CODES[home]}{century}{born.year % 100:02}{random.randrange(10**6):06}"
    taken.add(citizen_id)
    given = search_key(name).split()[-1]
    values: dict[str, object] = {
        "code": code,
        "name": name,
        "birth": str(born.year) if random.random() < 0.06 else born.isoformat(),
        "sex": "female" if female else "male",
        "unit": unit.code,
        "position": position,
        "rank_code": "01.001" if position in {"LDT", "GDS"} else _RANKS.get(position),
        "salary_step": random.randint(1, 9) if position != "BTCB" else None,
        "degree": _degree(random, level, position),
        "languages": random.choice((None, None, "Tiếng Anh A2", "Tiếng Anh B1", "Tiếng Trung Quốc")),
        "computing": random.choice((None, "Cơ bản", "Cơ bản", "Nâng cao")),
        "planned_titles": _PLANNED.get(position) if random.random() < 0.16 else None,
        "ratings": {str(year): _draw(random, _RATINGS) for year in (today.year - 2, today.year - 1)},
        "service_start": start.isoformat() if position != "BTCB" else None,
        "email": f"{given}.{code}@example.vn" if random.random() < 0.7 else None,
        "phone": random.choice(_PREFIXES) + f"{random.randrange(10**7):07}",
        "max_days": random.choice((10, 15, 20, 30, 40)) if random.random() < 0.1 else None,
        "ethnicity": ethnicity,
        "citizen_id": citizen_id,
        "party_member": member,
        "party_joined": joined.isoformat() if member else None,
        "home_place": home,
    }
    group = _GROUPS.get(position) or _group(position, unit)
    person = Person(code, unit, position, group, values)
    _complete_the_past(random, person, level, member, today)
    return person


def _group(position: str, unit: UnitPlan) -> str:
    if position in _LEADERS or (position in {"TP", "PTP"} and unit.sort in {"department", "party"}):
        return "leader"
    if position in _COMMUNE_LEADERS:
        return "commune_leader"
    return {"department": "official", "party": "party", "commune": "commune", "commune_party": "commune"}.get(
        unit.sort, "service"
    )


def _degree(random: Random, level: str, position: str) -> str | None:
    """Return a degree by the shares that a reference town publishes, by level."""
    choices = {
        "top": (("Thạc sĩ", 46), ("Tiến sĩ", 3), ("Đại học", 51)),
        "middle": (("Thạc sĩ", 18), ("Đại học", 80), ("Cao đẳng", 2)),
        "staff": (("Thạc sĩ", 4), ("Đại học", 74), ("Cao đẳng", 12), ("Trung cấp", 9), ("", 1)),
        "village": (("Đại học", 10), ("Cao đẳng", 14), ("Trung cấp", 30), ("", 46)),
    }[level]
    if position == "DDV":
        choices = (("Đại học", 34), ("Cao đẳng", 52), ("Trung cấp", 14))
    return _draw(random, choices) or None


def _complete_the_past(random: Random, person: Person, level: str, member: bool, today: date) -> None:
    theory = {
        "top": (("CC-LLCT", 78), ("TC-LLCT", 22)),
        "middle": (("CC-LLCT", 12), ("TC-LLCT", 52), ("SC-LLCT", 18), ("", 18)),
        "staff": (("TC-LLCT", 13), ("SC-LLCT", 20), ("", 67)),
        "village": (("TC-LLCT", 8), ("SC-LLCT", 34), ("", 58)),
    }[level]
    complete(random, person, _draw(random, theory), today)
    if person.group in {"leader", "commune_leader", "official", "party", "commune", "service"}:
        management = {
            "top": (("CVCC", 22), ("CVC", 66), ("CV", 12)),
            "middle": (("CVC", 34), ("CV", 44), ("", 22)),
            "staff": (("CVC", 3), ("CV", 38), ("CS", 6), ("", 53)),
            "village": (("", 1),),
        }[level]
        complete(random, person, _draw(random, management), today)
    if level in {"top", "middle"} and random.random() < 0.5:
        complete(random, person, "QP2" if level == "top" else "QP3", today)
    elif random.random() < 0.15:
        complete(random, person, "QP4", today)
    if member and random.random() < 0.2:
        complete(random, person, "KND", today)


def complete(random: Random, person: Person, course: str, today: date) -> None:
    """Let somebody have completed a course some years ago, and its prerequisites in a single chain before."""
    if not course or course in person.completed:
        return
    grown = date(int(str(person.values["birth"])[:4]) + 18, 6, 1)
    latest = max(today - timedelta(days=random.randint(40, 3000)), grown + timedelta(days=500))
    line = [one for one in BY_CODE[course].implies[-1:] if one not in person.completed]
    for earlier in line:
        person.completed[earlier] = max(latest - timedelta(days=random.randint(400, 1500)), grown)
    person.completed[course] = latest


def level_names(person: Person) -> dict[str, str | None]:
    """Return LLCT and QLNN of the record, by the completions; one record in 17 omits a missing level."""
    theory = {"CC-LLCT": "Cao cấp", "TC-LLCT": "Trung cấp", "SC-LLCT": "Sơ cấp"}
    management = {"CVCC": "Chuyên viên cao cấp", "CVC": "Chuyên viên chính", "CV": "Chuyên viên", "CS": "Cán sự"}
    none = None if int(person.code) % 17 == 0 else "Chưa qua đào tạo"
    return {
        "political_theory": str(person.values.get("political_theory") or "")
        or next((name for code, name in theory.items() if code in person.completed), none),
        "state_management": next((name for code, name in management.items() if code in person.completed), none),
    }


def issuer(course: str) -> str:
    return _ISSUERS.get(BY_CODE[course].kind, "Trung tâm chính trị")


def _draw(random: Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return random.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]
