"""Why a need has no seat, why a class does not run, which rule a plan breaks: the one place of these words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..language import day, money, number
from ..messages.own_data import IN_WORDS

# In the order in which they are looked for: the first that holds is the reason that is told.
_LABELS = {
    "ban": _l("Not eligible"),
    "no-class": _l("No class of the course"),
    "prerequisite": _l("Prerequisite missing"),
    "not-run": _l("No class of the course runs"),
    "begun": _l("The class has begun"),
    "entered": _l("Results of the class entered"),
    "twice": _l("Has a seat for the course"),
    "clash.busy": _l("Busy on the days of class"),
    "clash": _l("Clash with another class"),
    "load": _l("Too many days of class"),
    "absence": _l("The unit's absence limit"),
    "quota": _l("The class's quota"),
    "size": _l("Class full"),
    "budget": _l("Fund spent"),
    "outranked": _l("Others had the greater value"),
}

_SENTENCES = {
    "ban": _l("The planner has excluded this person from every class of the course."),
    "no-class": _l("No class of this course is planned this year."),
    "prerequisite": _l("A course that must be completed first is missing."),
    "not-run": _l("Of the classes of this course that this person could have attended, none runs."),
    "clash.busy": _l(
        "The classes that were still possible are held on days for which an absence of this person is recorded."
    ),
    "clash": _l(
        "The classes that were still possible are held on days when this person already sits in another class."
    ),
    "load": _l("The classes that were still possible would exceed the most days of class set for this person."),
    "absence": _l("On the days of the classes that were still possible, the unit may let no more people go."),
    "quota": _l("In the classes that were still possible, the seats meant for this unit are taken."),
    "size": _l("The classes that were still possible are full."),
    "budget": _l("The fund of the classes that were still possible is spent."),
    "outranked": _l("Seats were given to others, whose needs bring the whole plan more points."),
}

_IDLE_LABELS = {
    "few-needs": _l("Too few registered"),
    "resource": _l("Room or lecturer taken"),
    "budget": _l("Fund spent"),
    "few-left": _l("Too few left without a seat"),
    "outranked": _l("Brings less than others"),
}


def reason_label(code: str | None) -> str:
    """A reason in a few words, for lists and filters."""
    return str(_LABELS.get(code, code)) if code else ""


def reason_sentence(code: str | None) -> str:
    """A reason as a plain sentence to the person concerned."""
    return str(_SENTENCES.get(code, code)) if code else ""


_SINCE = frozenset({"begun", "entered", "twice"})  # they come up after a plan: no plan gives them as its reason


def reason_choices() -> list[tuple[str, str]]:
    """(code, label) of every reason that a plan may give."""
    return [(code, str(label)) for code, label in _LABELS.items() if code not in _SINCE]


def idle_label(code: str | None) -> str:
    """Why a class does not run, in a few words."""
    return str(_IDLE_LABELS.get(code, code)) if code else ""


def idle_choices() -> list[tuple[str, str]]:
    return [(code, str(label)) for code, label in _IDLE_LABELS.items()]


def idle_sentence(code: str | None, detail: Mapping[str, Any]) -> str:
    """Why a class does not run, with its figures (`RunClass.detail`)."""
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
    """«room:H1» as a person says it."""
    kind, _colon, code = resource.partition(":")
    if kind == "room":
        return str(_("Room %(code)s", code=code))
    if kind == "lecturer":
        return str(_("Lecturer %(code)s", code=code))
    return resource


# -- a candidate class, and what stands in the way ---------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """One class that could have taken a need: its code and all that stood in the way, in words."""

    class_code: str
    option_code: str
    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return " ".join(self.sentences)


def candidates(
    blocks: Iterable[Mapping[str, Any]], courses: Mapping[str, str], idle: Mapping[str, str]
) -> list[Candidate]:
    """Stored obstacles (`RunNeed.blocks`, of `rules.plan_state.Obstacle`) in words, class by class in their order.

    Args:
        blocks: the blocks.
        courses: names of courses by code.
        idle: why classes do not run, in a few words, by the class's code.
    """
    by_class: dict[str, list[Mapping[str, Any]]] = {}
    for block in blocks:
        by_class.setdefault(str(block["class_id"]), []).append(block)
    return [
        Candidate(
            class_code=class_code,
            option_code=str(several[0]["option"]),
            labels=tuple(dict.fromkeys(reason_label(str(block["code"])) for block in several)),
            sentences=tuple(sentence for _code, sentence in in_words(several, courses, idle.get(class_code, ""))),
        )
        for class_code, several in by_class.items()
    ]


def in_words(
    blocks: Iterable[Mapping[str, Any]], courses: Mapping[str, str], idle: str = ""
) -> list[tuple[str, str]]:
    """(code, sentence) of everything that stands in the way of one class, each rule once: the stretches of days
    of one clash stand in one sentence."""
    same: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for block in blocks:
        key = (str(block["code"]), block.get("other"), block.get("limit"), tuple(block.get("courses", ())))
        same.setdefault(key, []).append(block)
    return [
        (key[0], _block_sentence(key[0], several[0], _stretches(several), courses, idle))
        for key, several in same.items()
    ]


def _stretches(blocks: Iterable[Mapping[str, Any]]) -> str:
    """«from 03/05 to 07/05, on 12/05» of all blocks that have days."""
    found = []
    for block in blocks:
        if block.get("days"):
            first, last = (day(date.fromisoformat(text)) for text in block["days"])
            found.append(
                _("from %(first)s to %(last)s", first=first, last=last)
                if first != last
                else _("on %(day)s", day=first)
            )
    return ", ".join(found)


def _block_sentence(code: str, block: Mapping[str, Any], days: str, courses: Mapping[str, str], idle: str) -> str:
    """What kept the need out of one class, with its figures; the general sentence where there are none."""
    taken, limit = number(block.get("taken")), number(block.get("limit"))
    sentences = {
        "ban": lambda: _("The planner has excluded this person from this class."),
        "prerequisite": lambda: _(
            "None of these is completed before it begins: %(courses)s.",
            courses="; ".join(courses.get(code, code) for code in block.get("courses", ())),
        ),
        "not-run": lambda: (
            _("This class does not run: %(why)s.", why=idle[:1].lower() + idle[1:])
            if idle
            else _("This class does not run.")
        ),
        "clash.busy": lambda: _("An absence is recorded %(days)s.", days=days),
        "clash": lambda: _(
            "Already sits in class %(other)s %(days)s.",
            other=block.get("other"),
            days=days,
        ),
        "load": lambda: _(
            "Already has %(taken)s days of class; at most %(limit)s are set for this person.",
            taken=taken,
            limit=limit,
        ),
        "absence": lambda: _(
            "The unit already has %(taken)s people in class %(days)s; its limit is %(limit)s.",
            taken=taken,
            days=days,
            limit=limit,
        ),
        "quota": lambda: _("All %(limit)s seats meant for this unit are taken.", limit=limit),
        "size": lambda: _("All %(limit)s seats are taken.", limit=limit),
        "budget": lambda: _(
            "Fund %(fund)s lacks %(missing)s for one more seat.",
            fund=block.get("fund"),
            missing=money(block.get("missing")),
        ),
        "outranked": lambda: _("A seat in this class would cost the whole plan more points than it brings."),
    }
    return str(sentences[code]()) if code in sentences else reason_sentence(code)


def blocks_in_words(blocks: Sequence[Mapping[str, Any]]) -> str:
    """«L001: Class full; L003: Clash with another class, Class full»."""
    return "; ".join(f"{one.class_code}: {', '.join(one.labels)}" for one in candidates(blocks, {}, {}))


IN_WORDS["run_need", "blocks"] = blocks_in_words
