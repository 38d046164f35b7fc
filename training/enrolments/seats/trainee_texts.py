"""Texts for a person whose need has no seat: why, and what can be done now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from ...messages.own_data import WITHOUT_OTHERS
from ...needs.models import Need
from ...planning.rule_texts import stored_sentence, text_of
from ...planning.rules.reasons import reason_label, reason_sentence
from ..models import WaitingListEntry
from .advice import Advice, AdviceKind, advise
from .obstacles import Situation
from .outcomes import Outcome, OutcomeKind

_NO_CLASS = frozenset({"no-class", "not-run"})


@dataclass(frozen=True, slots=True)
class Words:
    """
    Attributes:
        label, sentence: why the plan gave no seat; both empty if it gave one that was lost since.
        now: the current reason, if it differs.
        steps: what can be done now, each a sentence.
        may_ask: a class of the course is open to the need.
    """

    label: str
    sentence: str
    now: str
    steps: tuple[str, ...]
    may_ask: bool


def words(
    needs: Mapping[int, tuple[Need, str | None]],
    places: Mapping[int, tuple[WaitingListEntry, int]],
    outcomes: Mapping[int, Outcome],
) -> dict[int, Words]:
    """Return the texts for one person's needs without a seat.

    Args:
        needs: need id → the need, and why the plan gave no seat; None: it gave one, which was lost since, or it
            has not decided on the need.
        places: places on the waiting lists, of the needs that wait.
    """
    if not needs:
        return {}
    situation = Situation([need for need, _reason in needs.values()])
    return {
        need_id: _words(
            situation, need_id, reason, places.get(need_id), outcomes[need_id].kind is OutcomeKind.CARRIED
        )
        for need_id, (_need, reason) in needs.items()
    }


def _words(
    situation: Situation,
    need_id: int,
    reason: str | None,
    place: tuple[WaitingListEntry, int] | None,
    carried: bool,
) -> Words:
    now = situation.reason(need_id)
    steps = advise(situation, need_id, waits=place is not None)
    kinds = {step.kind for step in steps}
    told = [step.text for step in steps]
    if place is None:
        told = _not_waiting(steps)
    elif not steps or (now in _NO_CLASS and kinds <= {AdviceKind.TAKE_FIRST}):
        told.append(_nothing_to_do(now))
    elif place[0].displaced and AdviceKind.WAIT in kinds:
        told.append(str(_("You wait for the next free seat, before others of equal points.")))
    if not carried and kinds <= {AdviceKind.MORE_MONEY, AdviceKind.TAKE_FIRST}:
        told.append(str(_("If you get no seat, the need is proposed to your unit for the next round.")))
    same = reason == now
    return Words(
        label=reason_label(reason),
        sentence=own_sentence(reason) if same else "",
        now="" if same else now_in_words(now, own=True),
        steps=tuple(told),
        may_ask=AdviceKind.ASK in kinds,
    )


def own_sentence(reason: str | None) -> str:
    """Return a reason as a sentence to the person."""
    return str(text_of(reason).own or reason_sentence(reason))


def _stored_sentences(rules: Iterable[Sequence[str]]) -> list[str]:
    return [stored_sentence(*rule) for rule in rules]


WITHOUT_OTHERS["enrolment", "overridden"] = _stored_sentences
WITHOUT_OTHERS["passed_over", "rules"] = _stored_sentences


def now_in_words(now: str | None, *, own: bool = False) -> str:
    """Return the current reason, if it differs from the plan's.

    Args:
        own: in words to the person, not about them.
    """
    if now is None:
        return str(_("A class of the course has a free seat now that all rules allow."))
    return f"{reason_label(now)}. {own_sentence(now) if own else reason_sentence(now)}"


def _not_waiting(steps: Collection[Advice]) -> list[str]:
    """Drop advice to wait for people who are not on a waiting list."""
    out = str(
        _("You are not on the waiting list. If you want the course, have your unit register it in the next round.")
    )
    return [out, *(step.text for step in steps if step.kind not in {AdviceKind.LIFT_BAN, AdviceKind.MORE_MONEY})]


def _nothing_to_do(now: str | None) -> str:
    if now in _NO_CLASS:
        return str(_("Waiting helps only if a class of the course is opened."))
    return str(
        _(
            "In every class more than one thing stands in the way: no single step gives you a seat now. You keep "
            "your place on the waiting list."
        )
    )
