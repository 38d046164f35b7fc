"""To the person themself: why their need has no seat, and what can be done now."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from ..planning.reasons import reason_label, reason_sentence

# The sentences of `planning.reasons` that speak of «this person», in the second person.
_SENTENCES = {
    "not-eligible": _l("The planner has excluded you from every class of this course."),
    "prerequisite": _l("You have not completed a course that must come first."),
    "not-run": _l("Of the classes of this course that you could have attended, none runs."),
    "busy": _l("The classes that were still possible are held on days for which an absence of yours is recorded."),
    "clash": _l("The classes that were still possible are held on days when you already sit in another class."),
    "load": _l("With the classes that were still possible you would exceed your most days of class in a year."),
}

_NEXT = {
    "not-eligible": _l("Ask your unit officer for the ground; the planner can lift it."),
    "no-class": _l(
        "Waiting helps only if a class is added. Otherwise the need is proposed to your unit for the next round."
    ),
    "prerequisite": _l(
        "Ask your unit officer to register that course for you first. If you have completed it, let it be entered "
        "in your record."
    ),
    "not-run": _l(
        "Waiting helps only if a class is opened after all. Otherwise the need is proposed to your unit for the "
        "next round."
    ),
    "busy": _l(
        "If the absence is over or was entered wrongly, tell your unit officer: once it is corrected, the "
        "next free "
        "seat can be yours."
    ),
    "clash": _l(
        "If this course matters more to you, ask for another class in place of the one that clashes, or give that "
        "seat back."
    ),
    "load": _l("If this course matters more to you, give back a seat in another class, or wait for next year."),
    "absence": _l(
        "A seat comes within reach when a colleague gives one back for those days. Your unit can also send "
        "you in a "
        "colleague's place."
    ),
    "quota": _l(
        "A seat comes within reach when somebody of your unit gives one back. Your unit can also send you in a "
        "colleague's place."
    ),
    "full": _l(
        "When somebody gives a seat back, it is offered to those who wait. Your unit can also send you in a "
        "colleague's place."
    ),
    "budget": _l(
        "A seat comes within reach when the fund gets more money, or somebody gives one back. Otherwise the "
        "need is "
        "proposed to your unit for the next round."
    ),
    "outranked": _l(
        "When somebody gives a seat back, it is offered to those who wait. Otherwise the need is proposed to your "
        "unit for the next round."
    ),
}
_WAITS = _l("You wait for the next free seat, before others of equal points.")
_OUT = _l(
    "You are not on the waiting list. If you want the course, ask for a class that has a free seat, or "
    "have your unit "
    "register it in the next round."
)
_NO_CLASS = frozenset({"no-class", "not-run"})


@dataclass(frozen=True, slots=True)
class Words:
    """
    Attributes:
        label, sentence: why there is no seat; both empty where the plan gave one and it was lost since.
        next_step: what can be done now.
        may_ask: a class of the course may have a free seat.
    """

    label: str
    sentence: str
    next_step: str
    may_ask: bool


def words(reason: str | None, *, waits: bool) -> Words:
    """
    Args:
        reason: why the plan gave no seat; None: it gave one, which was lost since.
        waits: the need is on the waiting list.
    """
    if reason is None:
        return Words("", "", str(_WAITS if waits else _OUT), True)
    sentence = str(_SENTENCES.get(reason) or reason_sentence(reason))
    next_step = _NEXT.get(reason, _WAITS) if waits else _OUT
    return Words(reason_label(reason), sentence, str(next_step), reason not in _NO_CLASS)
