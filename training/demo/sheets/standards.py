"""Requirements of the demo province: ranks, titles, standards, exemptions; who may be sent to study."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from .people import POSITIONS, Person, complete

Rows = Iterable[dict[str, object]]

_RANKS = {
    "01.001": "Chuyên viên cao cấp",
    "01.002": "Chuyên viên chính",
    "01.003": "Chuyên viên",
    "01.004": "Cán sự",
    "01.005": "Nhân viên",
    "06.031": "Kế toán viên",
}
_PROFESSIONAL = {
    "V.07.05.14": "Giáo viên trung học phổ thông hạng II",
    "V.07.05.15": "Giáo viên trung học phổ thông hạng III",
    "V.08.01.03": "Bác sĩ hạng III",
    "V.08.05.13": "Điều dưỡng hạng IV",
}
# Leadership titles are held by those in the position of the same code; only «Phó hiệu trưởng» is planned for.
_LEADERSHIP = {
    **{code: POSITIONS[code] for code in ("LDT", "GDS", "PGDS", "TP", "PTP", "BTX", "PBTX", "CTX", "PCTX")},
    "HT": "Hiệu trưởng",
    "PHT": "Phó hiệu trưởng",
}
_COMPETENCIES = {
    "SOANTHAO": "Soạn thảo và ban hành văn bản",
    "PHOIHOP": "Phối hợp thực hiện",
    "GIAOTIEP": "Giao tiếp, ứng xử",
    "TOCHUC": "Tổ chức thực hiện công việc",
}
_COURSE_LEVELS = (
    ("SC-LLCT", "political_theory.elementary"),
    ("TC-LLCT", "political_theory.intermediate"),
    ("CC-LLCT", "political_theory.advanced"),
    ("CS", "state_management.assistant"),
    ("CV", "state_management.specialist"),
    ("CVC", "state_management.principal"),
    ("CVCC", "state_management.senior"),
    ("QP4", "defence.4"),
    ("QP3", "defence.3"),
    ("QP2", "defence.2"),
    ("TA-B1", "language.3"),
    ("TA-B2", "language.4"),
    ("TH-CB", "computing.basic"),
    ("TH-NC", "computing.advanced"),
    ("THS", "degree.master"),
)

Asked = tuple[str, str | None, tuple[str, ...], int | None]  # kind, least level, any one of, months of validity


def _level(value: str, *courses: str) -> Asked:
    return (value.partition(".")[0], value, courses, None)


def _course(*any_one_of: str, months: int | None = None) -> Asked:
    return ("course", None, any_one_of, months)


_UNIVERSITY, _COLLEGE = _level("degree.university"), _level("degree.college")
_SPECIALIST, _PRINCIPAL = _level("state_management.specialist"), _level("state_management.principal")
_INTERMEDIATE, _ADVANCED = _level("political_theory.intermediate"), _level("political_theory.advanced")
_CIVIL_LAW = "Thông tư 2/2021/TT-BNV, sửa đổi bởi Thông tư 6/2022/TT-BNV"
_PARTY_RULE = "Quy định 214-QĐ/TW về khung tiêu chuẩn chức danh"
_POSITION_PLAN = "Đề án vị trí việc làm của tỉnh"
_TITLE_STANDARDS: dict[str, tuple[str, tuple[Asked, ...]]] = {
    "01.001": (_CIVIL_LAW, (_UNIVERSITY, _level("state_management.senior"))),
    "01.002": (_CIVIL_LAW, (_UNIVERSITY, _PRINCIPAL)),
    "01.003": (_CIVIL_LAW, (_level("state_management.specialist"),)),
    "01.004": (_CIVIL_LAW, (_level("degree.intermediate"),)),
    "06.031": ("Thông tư 29/2022/TT-BTC", (_COLLEGE,)),
    "V.07.05.14": ("Thông tư 4/2021/TT-BGDĐT", (_UNIVERSITY, _course("GV2", "GV1", "QLGD"))),
    "V.07.05.15": ("Thông tư 4/2021/TT-BGDĐT", (_UNIVERSITY,)),
    "V.08.01.03": ("Thông tư liên tịch 10/2015/TTLT-BYT-BNV", (_UNIVERSITY,)),
    "V.08.05.13": ("Thông tư liên tịch 26/2015/TTLT-BYT-BNV", (_level("degree.intermediate"),)),
    "LDT": (_PARTY_RULE, (_UNIVERSITY, _ADVANCED)),
    "GDS": (_PARTY_RULE, (_UNIVERSITY, _ADVANCED, _level("defence.2"))),
    "PGDS": (_PARTY_RULE, (_UNIVERSITY, _ADVANCED, _level("defence.2"))),
    "TP": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE, _course("LD-PHONG", "LD-SO"))),
    "PTP": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE)),
    "BTX": (_PARTY_RULE, (_UNIVERSITY, _ADVANCED)),
    "PBTX": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE)),
    "CTX": (_PARTY_RULE, (_UNIVERSITY, _ADVANCED, _level("defence.3"))),
    "PCTX": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE, _course("LD-XA", "LD-PHONG"))),
    "HT": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE)),
    "PHT": (_PARTY_RULE, (_UNIVERSITY, _INTERMEDIATE, _course("QLGD"))),
}
_POSITION_STANDARDS: dict[str, tuple[Asked, ...]] = {
    "CVC": (_level("computing.basic"),),
    "CV": (_UNIVERSITY, _level("computing.basic")),
    "CS": (_level("degree.intermediate"),),
    "CMX": (_UNIVERSITY,),
    "TBX": (_level("political_theory.elementary"),),
    "BTCB": (_course("BTCB", months=60),),
    "GDDV": (_UNIVERSITY, _INTERMEDIATE),
    "VC": (_COLLEGE,),
    "KT": (_COLLEGE,),
    "GV": (_UNIVERSITY,),
    "BS": (_UNIVERSITY,),
    "DDV": (_level("degree.intermediate"),),
}
_REFORM = "2025-07-01"  # two levels of government: officials of communes took over from officials of districts

# People sent to a master's course.
_DEGREE_COURSE = "THS"
_OLD_LAW = "Nghị định 101/2017/NĐ-CP, Điều 6"
_NEW_LAW = "Nghị định 171/2025/NĐ-CP"
_RULES = (
    ("service", 3, _OLD_LAW, "2017-10-21", "2025-06-30"),
    ("age", 40, _OLD_LAW, "2017-10-21", "2025-06-30"),
    ("ratings", 2, _OLD_LAW, "2017-10-21", "2025-06-30"),
    ("commitment", 2, _OLD_LAW, "2017-10-21", "2025-06-30"),
    ("service", 3, _NEW_LAW, "2025-07-01", None),
    ("age", 45, _NEW_LAW, "2025-07-01", None),
    ("ratings", 2, _NEW_LAW, "2025-07-01", None),
    ("commitment", 2, _NEW_LAW, "2025-07-01", None),
)
_COMMITTED_MONTHS = 24


# Position → courses of the job, and the percentage of holders who have attended each.
_ATTENDED = {
    "GDS": (("LD-SO", 90), ("QP2", 85)),
    "PGDS": (("LD-SO", 80), ("QP2", 75)),
    "TP": (("LD-PHONG", 78),),
    "PTP": (("LD-PHONG", 55),),
    "BTX": (("LD-XA", 85), ("QP3", 70)),
    "CTX": (("LD-XA", 80), ("QP3", 70)),
    "PBTX": (("LD-XA", 70),),
    "PCTX": (("LD-XA", 72),),
    "HT": (("QLGD", 74),),
    "BTCB": (("BTCB", 58),),
}


# Those whose completed course the province paid for: course, đồng, months to serve.
_LONG_COURSES = (("THS", 55_000_000, 48), ("NN", 45_000_000, 24), ("CC-LLCT", 28_000_000, 24))
_MOST_SERVING = 120


def attend_courses_of_the_job(random: Random, everybody: list[Person], today: date) -> None:
    """Let most leaders have attended the courses that their office requires."""
    for person in everybody:
        for course, of_hundred in _ATTENDED.get(person.position, ()):
            if random.random() * 100 < of_hundred and not person.has(course):
                complete(random, person, course, today)


def may_study(person: Person, course: str, year: int) -> bool:
    """Return whether the rules of the course let somebody be registered for a year (they sign the commitment)."""
    if course != _DEGREE_COURSE:
        return True
    start, born = person.values["service_start"], str(person.values["birth"])
    ratings: Any = person.values["ratings"]
    well = all("tốt" in str(rating) or "xuất sắc" in str(rating) for rating in ratings.values())
    return start is not None and int(str(start)[:4]) + 3 < year and year - int(born[:4]) <= 45 and well


def standards_sheets(
    random: Random, everybody: list[Person], registered: set[tuple[str, str]], today: date
) -> dict[str, Rows]:
    """Return the sheets of titles, standards and everything that depends on them.

    Args:
        registered: (person, course) of all needs: people registered for a degree have signed.
        today: of the demo.
    """
    standards, requirements = _standards()
    titles = {"rank": _RANKS, "professional": _PROFESSIONAL, "leadership": _LEADERSHIP}
    return {
        "titles": [
            {"code": code, "name": name, "kind": kind}
            for kind, named in titles.items()
            for code, name in named.items()
        ],
        "competencies": [{"code": code, "name": name} for code, name in _COMPETENCIES.items()],
        "course_levels": [{"course": course, "level": level} for course, level in _COURSE_LEVELS],
        "standards": standards,
        "requirements": requirements,
        "held_titles": _held(random, everybody, today),
        "assessments": _assessments(random, everybody, today),
        "exemptions": _exemptions(random, everybody, today),
        "eligibility_rules": [
            {
                "course": _DEGREE_COURSE,
                "kind": kind,
                "value": value,
                "source": source,
                "valid_from": first,
                "valid_to": last,
            }
            for kind, value, source, first, last in _RULES
        ],
        "commitments": _commitments(random, everybody, registered, today),
    }


def _commitments(
    random: Random, everybody: list[Person], registered: set[tuple[str, str]], today: date
) -> list[dict[str, object]]:
    """Return commitments: people registered for a degree have signed.

    People who completed a long course serve some years, and a few left earlier.
    """
    found: list[dict[str, object]] = [
        {
            "employee": person.code,
            "course": _DEGREE_COURSE,
            "signed_on": (today - timedelta(days=random.randint(5, 60))).isoformat(),
            "months": _COMMITTED_MONTHS,
            "paper": f"{random.randint(1, 400)}/CK-SNV",
        }
        for number, person in enumerate(everybody)
        if (person.code, _DEGREE_COURSE) in registered or number == 0
    ]
    served = 0
    for person in everybody:
        for course, cost, months in _LONG_COURSES:
            day = person.completed.get(course)
            if day is None or served >= _MOST_SERVING or day.year < today.year - 6:
                continue
            served += 1
            row: dict[str, object] = {
                "employee": person.code,
                "course": course,
                "signed_on": (day - timedelta(days=random.randint(150, 600))).isoformat(),
                "months": months,
                "paper": f"{random.randint(10, 900)}/CK",
                "starts_on": (day + timedelta(days=1)).isoformat(),
                "cost": cost + random.randint(0, 20) * 500_000,
            }
            left = day + timedelta(days=30 * random.randint(4, months - 2))
            if random.random() < 0.06 and left < today:
                row |= {"ending": "left", "ended_on": left.isoformat()}
            found.append(row)
    return found


def _standards() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    standards: list[dict[str, object]] = []
    requirements: list[dict[str, object]] = []

    def add(code: str, asked: Iterable[Asked], **values: object) -> None:
        standards.append({"code": code, **values})
        for number, (kind, level, courses, months) in enumerate(asked, 1):
            requirements.append(
                {
                    "standard": code,
                    "number": number,
                    "kind": kind,
                    "least_level": level,
                    "courses": sorted(courses),
                    "validity_months": months,
                }
            )

    for title, (paper, asked) in _TITLE_STANDARDS.items():
        add(f"TC-{title}", asked, title=title, valid_from="2021-01-01", paper=paper)
    for position, asked in _POSITION_STANDARDS.items():
        if position == "CMX":  # required less before the reform: a version of its own
            add(
                "TC-VT-CMX", (_level("degree.intermediate"),), position=position, valid_from="2021-01-01",
                valid_to="2025-06-30", paper=_POSITION_PLAN,
            )  # fmt: skip
            add("TC-VT-CMX-20250701", asked, position=position, valid_from=_REFORM, paper=_POSITION_PLAN)
        else:
            add(f"TC-VT-{position}", asked, position=position, valid_from="2021-01-01", paper=_POSITION_PLAN)
    competency = next(r for r in requirements if r["standard"] == "TC-VT-CVC")
    requirements.append(
        {**competency, "number": 2, "kind": "competency", "least_level": None, "competency": "SOANTHAO",
         "competency_level": 3, "validity_months": 36}
    )  # fmt: skip
    return standards, requirements


def _held(random: Random, everybody: list[Person], today: date) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for person in everybody:
        if person.position in _LEADERSHIP:
            first = today - timedelta(days=random.randint(60, 3_000))
            found.append(
                {
                    "employee": person.code,
                    "title": person.position,
                    "first": first.isoformat(),
                    "paper": f"{random.randint(1, 4_000)}/QĐ-UBND",
                }
            )
    return found


def _assessments(random: Random, everybody: list[Person], today: date) -> list[dict[str, object]]:
    """Assess most of the principal specialists, and some others."""
    found: list[dict[str, object]] = []
    for number, person in enumerate(everybody):
        if number == 0 or random.random() < {"CVC": 0.85, "CV": 0.1}.get(person.position, 0):
            found.append(
                {
                    "employee": person.code,
                    "competency": "SOANTHAO",
                    "assessed_on": (today - timedelta(days=random.randint(30, 1_300))).isoformat(),
                    "level": random.choice((2, 3, 3, 3, 4, 4, 5)),
                    "paper": f"{random.randint(1, 300)}/BB-ĐGNL",
                }
            )
    return found


def _exemptions(random: Random, everybody: list[Person], today: date) -> list[dict[str, object]]:
    """Exempt people near retirement from computing; some others for a time."""
    found: list[dict[str, object]] = []
    for number, person in enumerate(everybody):
        age = today.year - int(str(person.values["birth"])[:4])
        oldest = 50 if person.values["sex"] == "female" else 55
        first = today - timedelta(days=random.randint(30, 400))
        if age >= oldest and person.position in {"CV", "CVC"}:
            found.append(
                {
                    "employee": person.code,
                    "subject": "kind:computing",
                    "ground": "Nam từ đủ 55 tuổi, nữ từ đủ 50 tuổi",
                    "paper": "Thông tư 13/2010/TT-BNV",
                    "first": first.isoformat(),
                }
            )
        elif number == 0 or random.random() < 0.004:
            found.append(
                {
                    "employee": person.code,
                    "subject": "course:TC-LLCT" if number % 2 else "course:CV",
                    "ground": "Nghỉ thai sản, nuôi con dưới 36 tháng tuổi: miễn có thời hạn",
                    "paper": f"{random.randint(1, 900)}/TB-SNV",
                    "first": first.isoformat(),
                    "last": (today + timedelta(days=random.randint(60, 500))).isoformat(),
                }
            )
    return found
