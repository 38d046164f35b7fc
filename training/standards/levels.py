"""Levels of what people hold, lowest first, and their texts in a record. Pure: no database."""

from __future__ import annotations

import re
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from ..core.vietnamese import search_key


class RequirementKind(StrEnum):
    """What a requirement of a standard requires."""

    DEGREE = "degree"
    POLITICAL_THEORY = "political_theory"
    STATE_MANAGEMENT = "state_management"
    DEFENCE = "defence"
    LANGUAGE = "language"
    COMPUTING = "computing"
    COURSE = "course"
    COMPETENCY = "competency"

    @property
    def label(self) -> str:
        return str(_KINDS[self])


_KINDS = {
    RequirementKind.DEGREE: _l("Professional degree"),
    RequirementKind.POLITICAL_THEORY: _l("Political theory"),
    RequirementKind.STATE_MANAGEMENT: _l("State management"),
    RequirementKind.DEFENCE: _l("National defence and security"),
    RequirementKind.LANGUAGE: _l("Foreign or minority language"),
    RequirementKind.COMPUTING: _l("Computing"),
    RequirementKind.COURSE: _l("Training course"),
    RequirementKind.COMPETENCY: _l("Competency"),
}


class Level(StrEnum):
    """Every level of every kind, lowest first within its kind (the part of the value before the dot)."""

    INTERMEDIATE_SCHOOL = "degree.intermediate"
    COLLEGE = "degree.college"
    UNIVERSITY = "degree.university"
    MASTER = "degree.master"
    DOCTOR = "degree.doctor"
    THEORY_ELEMENTARY = "political_theory.elementary"
    THEORY_INTERMEDIATE = "political_theory.intermediate"
    THEORY_ADVANCED = "political_theory.advanced"
    THEORY_BACHELOR = "political_theory.bachelor"
    MANAGEMENT_ASSISTANT = "state_management.assistant"
    MANAGEMENT_SPECIALIST = "state_management.specialist"
    MANAGEMENT_PRINCIPAL = "state_management.principal"
    MANAGEMENT_SENIOR = "state_management.senior"
    DEFENCE_4 = "defence.4"
    DEFENCE_3 = "defence.3"
    DEFENCE_2 = "defence.2"
    DEFENCE_1 = "defence.1"
    LANGUAGE_1 = "language.1"
    LANGUAGE_2 = "language.2"
    LANGUAGE_3 = "language.3"
    LANGUAGE_4 = "language.4"
    LANGUAGE_5 = "language.5"
    LANGUAGE_6 = "language.6"
    COMPUTING_BASIC = "computing.basic"
    COMPUTING_ADVANCED = "computing.advanced"

    @property
    def label(self) -> str:
        return str(_LEVELS[self])

    @property
    def kind(self) -> RequirementKind:
        return RequirementKind(self.value.partition(".")[0])

    @property
    def rank(self) -> int:
        """Return 1 for the lowest of its kind; 0 is «has none»."""
        return _RANKS[self]


_LEVELS = {
    Level.INTERMEDIATE_SCHOOL: _l("Intermediate school"),
    Level.COLLEGE: _l("College"),
    Level.UNIVERSITY: _l("University"),
    Level.MASTER: _l("Master"),
    Level.DOCTOR: _l("Doctor"),
    Level.THEORY_ELEMENTARY: _l("Political theory: elementary"),
    Level.THEORY_INTERMEDIATE: _l("Political theory: intermediate"),
    Level.THEORY_ADVANCED: _l("Political theory: advanced"),
    Level.THEORY_BACHELOR: _l("Political theory: bachelor"),
    Level.MANAGEMENT_ASSISTANT: _l("State management: assistant official"),
    Level.MANAGEMENT_SPECIALIST: _l("State management: specialist"),
    Level.MANAGEMENT_PRINCIPAL: _l("State management: principal specialist"),
    Level.MANAGEMENT_SENIOR: _l("State management: senior specialist"),
    Level.DEFENCE_4: _l("Defence: group 4"),
    Level.DEFENCE_3: _l("Defence: group 3"),
    Level.DEFENCE_2: _l("Defence: group 2"),
    Level.DEFENCE_1: _l("Defence: group 1"),
    Level.LANGUAGE_1: _l("Language: level 1 (A1)"),
    Level.LANGUAGE_2: _l("Language: level 2 (A2)"),
    Level.LANGUAGE_3: _l("Language: level 3 (B1)"),
    Level.LANGUAGE_4: _l("Language: level 4 (B2)"),
    Level.LANGUAGE_5: _l("Language: level 5 (C1)"),
    Level.LANGUAGE_6: _l("Language: level 6 (C2)"),
    Level.COMPUTING_BASIC: _l("Computing: basic"),
    Level.COMPUTING_ADVANCED: _l("Computing: advanced"),
}

LADDERS: dict[RequirementKind, tuple[Level, ...]] = {
    kind: tuple(level for level in Level if level.kind is kind)
    for kind in RequirementKind
    if any(level.kind is kind for level in Level)
}
_RANKS = {level: rank for ladder in LADDERS.values() for rank, level in enumerate(ladder, 1)}

NONE = 0  # the record says that the person has no level: known, and below every level

# The text of an employee's record that holds the level; defence has none, only its certificates.
RECORD_TEXTS: dict[RequirementKind, str] = {
    RequirementKind.DEGREE: "degree",
    RequirementKind.POLITICAL_THEORY: "political_theory",
    RequirementKind.STATE_MANAGEMENT: "state_management",
    RequirementKind.LANGUAGE: "languages",
    RequirementKind.COMPUTING: "computing",
}

# Words without marks, the highest level first: «thạc sĩ» precedes a university degree in the same text.
_WORDS: dict[RequirementKind, tuple[tuple[str, Level], ...]] = {
    RequirementKind.DEGREE: (
        (r"tien si|\bts\b|doctor|phd", Level.DOCTOR),
        (r"thac si|thac sy|\bths\b|cao hoc|chuyen khoa|master", Level.MASTER),
        (r"dai hoc|\bdh\b|cu nhan|ky su|bac si|duoc si|university|bachelor", Level.UNIVERSITY),
        (r"cao dang|\bcd\b|college", Level.COLLEGE),
        (r"trung cap|\btc\b|trung hoc chuyen nghiep|intermediate", Level.INTERMEDIATE_SCHOOL),
    ),
    RequirementKind.POLITICAL_THEORY: (
        (r"cu nhan|\bcn\b|bachelor", Level.THEORY_BACHELOR),
        (r"cao cap|\bcc\b|advanced", Level.THEORY_ADVANCED),
        (r"trung cap|\btc\b|intermediate", Level.THEORY_INTERMEDIATE),
        (r"so cap|\bsc\b|elementary", Level.THEORY_ELEMENTARY),
    ),
    RequirementKind.STATE_MANAGEMENT: (
        (r"chuyen vien cao cap|\bcvcc\b", Level.MANAGEMENT_SENIOR),
        (r"chuyen vien chinh|\bcvc\b", Level.MANAGEMENT_PRINCIPAL),
        (r"chuyen vien|\bcv\b", Level.MANAGEMENT_SPECIALIST),
        (r"can su|\bcs\b", Level.MANAGEMENT_ASSISTANT),
    ),
    RequirementKind.LANGUAGE: (
        (r"\bc2\b|bac 6", Level.LANGUAGE_6),
        (r"\bc1\b|bac 5|dai hoc|cu nhan", Level.LANGUAGE_5),
        (r"\bb2\b|bac 4", Level.LANGUAGE_4),
        (r"\bb1\b|bac 3", Level.LANGUAGE_3),
        (r"\ba2\b|bac 2", Level.LANGUAGE_2),
        (r"\ba1\b|bac 1", Level.LANGUAGE_1),
    ),
    RequirementKind.COMPUTING: (
        (r"nang cao|advanced|dai hoc|cu nhan|ky su|cao dang|trung cap", Level.COMPUTING_ADVANCED),
        (r"co ban|basic", Level.COMPUTING_BASIC),
    ),
}
# «Chưa rõ», «không rõ» state no level, and are not among these.
_NO_LEVEL = re.compile(r"^((chua|khong)( (co|qua|hoc|dao tao|boi duong|dt|bd)\b.*)?|none)$")


def read_level(kind: RequirementKind, text: str | None) -> int | None:
    """Return the rank of the level in a record's text.

    Args:
        kind: of what.
        text: as the record has it («Thạc sĩ», «Cao cấp», «Tiếng Anh B1», «Chưa qua đào tạo»).

    Returns:
        1 for the lowest level of the kind and up; 0: the text says that there is none; None: it says nothing, or
        nothing that we understand, and nothing may be concluded to be missing.
    """
    if not text or kind not in _WORDS:
        return None
    plain = search_key(text)
    if _NO_LEVEL.match(plain):
        return NONE
    for words, level in _WORDS[kind]:
        if re.search(words, plain):
            return level.rank
    return None


def at_rank(kind: RequirementKind, rank: int) -> Level | None:
    """Return the level of a rank; None for rank 0."""
    return LADDERS[kind][rank - 1] if rank else None
