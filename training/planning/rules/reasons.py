"""Why a need has no seat and why a class does not run, in words; the texts of the rules are in `rule_texts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.i18n import day, money, number
from ...messages.own_data import IN_WORDS, WITHOUT_OTHERS
from ..rule_texts import TEXTS, named, text_of

_IDLE_LABELS = {
    "few-needs": _l("Too few registered"),
    "resource": _l("Room or lecturer taken"),
    "budget": _l("Fund spent"),
    "few-left": _l("Too few left without a seat"),
    "outranked": _l("Brings less than others"),
}


def reason_label(code: str | None) -> str:
    """Return a reason in a few words, for lists and filters."""
    return str(text_of(code).label or code or "")


def reason_sentence(code: str | None) -> str:
    """Return a reason as a sentence to the person concerned."""
    return str(text_of(code).reason or code or "")


def reason_choices() -> list[tuple[str, str]]:
    """Return (code, label) of every reason that a plan may give."""
    return [(code, str(text.label)) for code, text in TEXTS.items() if text.reason]


def idle_label(code: str | None) -> str:
    """Return why a class does not run, in a few words."""
    return str(_IDLE_LABELS.get(code, code)) if code else ""


def idle_choices() -> list[tuple[str, str]]:
    return [(code, str(label)) for code, label in _IDLE_LABELS.items()]


def idle_sentence(code: str | None, detail: Mapping[str, Any]) -> str:
    """Return why a class does not run, with its figures (`RunClass.detail`)."""
    known = {
        "few-needs": lambda: _(
            "%(needs)s needs are registered for the course; the class needs at least %(least)s.",
            needs=number(detail.get("needs")),
            least=number(detail.get("min_seats")),
        ),
        "resource": lambda: _(
            "%(resource)s is used on its days by %(option)s.",
            resource=resource_label(str(detail.get("resource", ""))),
            option=detail.get("option", ""),
        ),
        "budget": lambda: _(
            "Fund %(fund)s has %(left)s left; the smallest class costs %(least)s.",
            fund=detail.get("fund", ""),
            left=money(detail.get("left")),
            least=money(detail.get("least")),
        ),
        "few-left": lambda: _(
            "Only %(needs)s needs of the course are left without a seat; the class needs at least %(least)s.",
            needs=number(detail.get("needs")),
            least=number(detail.get("min_seats")),
        ),
        "outranked": lambda: _(
            "%(needs)s needs of the course are left without a seat, but not enough of them can come on its days "
            "at a gain for the whole plan.",
            needs=number(detail.get("needs")),
        ),
    }
    return str(known[code]()) if code in known else ""


def resource_label(resource: str) -> str:
    """Return the readable name of a resource such as "room:H1"."""
    kind, _colon, code = resource.partition(":")
    if kind == "room":
        return str(_("Room %(code)s", code=code))
    if kind == "lecturer":
        return str(_("Lecturer %(code)s", code=code))
    return resource


# -- candidate classes and their obstacles -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObstacleInWords:
    """An obstacle to a seat.

    Attributes:
        code: of its rule.
        sentence: may be read by whoever sees the need.
        people: the other people of a set of needs, by code; they are for planners only.
    """

    code: str
    sentence: str
    people: str = ""

    @property
    def named(self) -> str:
        """The sentence with the other people, for planners."""
        return named(self.sentence, self.people)


@dataclass(frozen=True)
class CandidateClass:
    """A class that could have taken a need: its code and all obstacles, in words for a planner."""

    class_code: str
    option_code: str
    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return " ".join(self.sentences)


def candidates(
    blocks: Iterable[Mapping[str, Any]], courses: Mapping[str, str], idle: Mapping[str, str]
) -> list[CandidateClass]:
    """Return stored obstacles in words, by class in stored order.

    Args:
        blocks: the stored obstacles (`RunNeed.blocks`, from `solver.rules.plan_state.Obstacle`).
        courses: names of courses by code.
        idle: why classes do not run, in a few words, by class code.
    """
    by_class: dict[str, list[Mapping[str, Any]]] = {}
    for block in blocks:
        by_class.setdefault(str(block["class_id"]), []).append(block)
    return [
        CandidateClass(
            class_code=class_code,
            option_code=str(several[0]["option"]),
            labels=tuple(dict.fromkeys(reason_label(str(block["code"])) for block in several)),
            sentences=tuple(one.named for one in in_words(several, courses, idle.get(class_code, ""))),
        )
        for class_code, several in by_class.items()
    ]


def codes_of(needs: Sequence[str]) -> str:
    """Return the people of needs by their codes."""
    return ", ".join(person_of(need) for need in needs)


def in_words(
    blocks: Iterable[Mapping[str, Any]],
    courses: Mapping[str, str],
    idle: str = "",
    *,
    people: Callable[[Sequence[str]], str] = codes_of,
) -> list[ObstacleInWords]:
    """Return every obstacle to one class, each rule once.

    All stretches of days of one clash are in one sentence.

    Args:
        people: lists the people of needs.
    """
    same: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for block in blocks:
        key = (
            str(block["code"]),
            block.get("other"),
            block.get("resource"),
            block.get("limit"),
            tuple(block.get("courses", ())),
            tuple(block.get("needs", ())),
        )
        same.setdefault(key, []).append(block)
    return [
        ObstacleInWords(
            code=key[0],
            sentence=_block_sentence(key[0], several[0], _all_stretches(several), courses, idle),
            people=people(several[0].get("needs", ())),
        )
        for key, several in same.items()
    ]


def person_of(need: str) -> str:
    """Return the code of the person of a need, from its id in the optimizer's files (`snapshot.need_name`)."""
    return need.partition(":")[2].partition("/")[0] or need


def _all_stretches(blocks: Iterable[Mapping[str, Any]]) -> str:
    """Format the days of all blocks that have any."""
    return stretches(block["days"] for block in blocks if block.get("days"))


def stretches(days: Iterable[Sequence[str]]) -> str:
    """Format stretches of days, each with its first and last: "from 03/05 to 07/05, on 12/05"."""
    found = []
    for first_day, last_day in days:
        first, last = day(date.fromisoformat(first_day)), day(date.fromisoformat(last_day))
        found.append(
            _("from %(first)s to %(last)s", first=first, last=last)
            if first != last
            else _("on %(day)s", day=first)
        )
    return ", ".join(found)


def _block_sentence(
    code: str,
    block: Mapping[str, Any],
    days: str,
    courses: Mapping[str, str],
    idle: str,
) -> str:
    """Return what kept the need out of one class, with its figures; the general sentence if there are none."""
    if code == "not-run" and not idle:
        return str(_("This class does not run."))
    obstacle = text_of(code).obstacle
    if not obstacle:
        return reason_sentence(code)
    return str(obstacle) % {
        "taken": number(block.get("taken")),
        "limit": number(block.get("limit")),
        "days": days,
        "courses": "; ".join(courses.get(each, each) for each in block.get("courses", ())),
        "why": idle[:1].lower() + idle[1:],
        "other": block.get("other"),
        "fund": block.get("fund"),
        "missing": money(block.get("missing")),
        "resource": resource_label(str(block.get("resource", ""))),
    }


def blocks_in_words(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Format obstacles as "L001: Class full; L003: Clash with another class, Class full"."""
    return "; ".join(f"{one.class_code}: {', '.join(one.labels)}" for one in candidates(blocks, {}, {}))


def without_others(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return obstacles without the needs of other people."""
    return [{key: value for key, value in block.items() if key != "needs"} for block in blocks]


IN_WORDS["run_need", "blocks"] = blocks_in_words
WITHOUT_OTHERS["run_need", "blocks"] = without_others
