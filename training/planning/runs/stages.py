"""The current stage of a run in words: the optimizer's own stages, and those before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

READING, STARTING = "reading", "starting"
CHECKING, REASONS, STORING = "checking", "reasons", "storing"
AFTER_THE_SEARCH = frozenset({CHECKING, REASONS, STORING})

# The names are those on the optimizer's progress lines (`solver/search/stages.py`, `solver/large/`).
LABELS = {
    READING: _l("Reading the data"),
    STARTING: _l("Starting the optimizer"),
    "first plan": _l("Making a first plan"),
    "calendars": _l("Choosing the calendars of classes"),
    "prices": _l("Weighing seats, money and days against each other"),
    "auction": _l("Giving out seats by auction"),
    "relaxation": _l("Computing the proven bound"),
    "classes": _l("Deciding which classes run"),
    "cuts": _l("Bringing the proven bound down"),
    "blocks": _l("Planning groups of classes one by one"),
    "improvement": _l("Improving the plan"),
    "proof": _l("Proving that no plan is better"),
    CHECKING: _l("Checking the plan against every rule"),
    REASONS: _l("Working out the reasons of those without a seat"),
    STORING: _l("Storing the result"),
}


def label(stage: str) -> str:
    """Return the stage in the reader's language; an unknown one is not shown raw."""
    if not stage:
        return ""
    return str(LABELS[stage]) if stage in LABELS else _("Computing")


class Step(StrEnum):
    """The four steps of a run, as its page shows them; each holds several stages."""

    READING = "reading"
    SEARCHING = "searching"
    PROVING = "proving"
    WRITING = "writing"


class StepState(StrEnum):
    """How far a step is; searching and proving go side by side, so both may have begun."""

    LATER = "later"
    BEGUN = "begun"
    NOW = "now"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the run's page: its name and how far it is, both also in the reader's language."""

    step: Step
    state: StepState

    @property
    def label(self) -> str:
        return str(_STEPS[self.step])

    @property
    def words(self) -> str:
        return str(_STATES[self.state])


_STEPS = {
    Step.READING: _l("Reading the data"),
    Step.SEARCHING: _l("Searching for the best plan"),
    Step.PROVING: _l("Proving how much better any plan could be"),
    Step.WRITING: _l("Checking and writing the result"),
}
_STATES = {
    StepState.LATER: _l("not yet"),
    StepState.BEGUN: _l("begun"),
    StepState.NOW: _l("at work"),
    StepState.DONE: _l("done"),
    StepState.SKIPPED: _l("not reached"),
}
_IN_READING = frozenset({READING, STARTING})
_IN_PROVING = frozenset({"prices", "relaxation", "cuts", "proof"})
_ORDER = list(Step)


def _step_of(stage: str) -> Step:
    """Return the step that a stage belongs to; an unknown stage of the optimizer is part of its search."""
    if stage in _IN_READING:
        return Step.READING
    if stage in _IN_PROVING:
        return Step.PROVING
    return Step.WRITING if stage in AFTER_THE_SEARCH else Step.SEARCHING


def steps(history: Sequence[Sequence[Any]]) -> list[ShownStep]:
    """Return the four steps of a run, in their order.

    Args:
        history: the progress lines so far: seconds, score, bound, stage. The optimizer's replace those of the
            reading before it.
    """
    told = [_step_of(str(line[3] or STARTING)) for line in history if len(line) > 3]
    if not told:
        return [ShownStep(step, StepState.LATER) for step in Step]
    bounds = {line[2] for line in history if line[2] is not None}
    begun = {Step.READING, *told} | ({Step.PROVING} if len(bounds) > 1 else set())
    return [ShownStep(step, _state(step, told[-1], begun)) for step in Step]


def _state(step: Step, now: Step, begun: set[Step]) -> StepState:
    """Return how far a step is. A bound that has come down is proving at work, whatever stage is told."""
    if step is now:
        return StepState.NOW
    side_by_side = {step, now} == {Step.SEARCHING, Step.PROVING}
    if side_by_side or _ORDER.index(step) > _ORDER.index(now):
        return StepState.BEGUN if step in begun else StepState.LATER
    return StepState.DONE if step in begun else StepState.SKIPPED
