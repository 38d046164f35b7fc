"""What a rule is: its name, its scope, and everything that the optimizer and the explanations ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import ClassVar

import numpy as np

from solver.check import Violation
from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment
from solver.rules.greedy_limit import GreedyLimit
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Floats, PricedRows, Rows
from solver.rules.seat_variables import Constraint, Member, SeatCatalogue, SeatVariables


class Scope(StrEnum):
    """What an instance of a rule covers."""

    SEAT = "seat"  # one need's seat
    TRAINEE = "trainee"  # one person's seats
    CLASS = "class"  # the seats of one class
    OPTION = "option"  # which options run, no seat
    UNIT = "unit"  # the seats of one unit's people
    GROUP = "group"  # a set of needs
    FUND = "fund"  # all that one fund pays
    PLAN = "plan"


class Rule:
    """One rule of a plan. The defaults are the empty answers.

    Attributes:
        name: as in the format's table of rules.
        scope: what one instance of the rule covers.
        rivals: whose seats could make room where the rule blocks one more: those of the same person
            (TRAINEE), class (CLASS), unit (UNIT) or fund (FUND); None: no other seat helps.
        about_class: whether the rule keeps the class from running, for any trainee.
        overridable: whether a planner may override it, with a ground.
        in_bundles: whether its rows lie within one trainee's pairs and have only an upper side, so that a choice
            among the trainee's bundles keeps it without a price (`bounds/bundles.py`).
        in_classes: whether each class keeps it for itself when prices are set from the classes' side
            (`bounds/class_prices.py`).
        in_auction: whether the auction of seats keeps it (`search/auction.py`).
    """

    name: ClassVar[str]
    scope: ClassVar[Scope]
    rivals: ClassVar[Scope | None] = None
    about_class: ClassVar[bool] = False
    overridable: ClassVar[bool] = False
    in_bundles: ClassVar[bool] = False
    in_classes: ClassVar[bool] = False
    in_auction: ClassVar[bool] = False

    # -- the optimizer ------------------------------------------------------------------------------------

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Return the rule's rows over the columns; none if the pairs that break it do not exist."""
        return iter(())

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        """Return the limit for a plan that grows seat by seat; None if there is nothing to check."""
        return None

    # -- conflicts ----------------------------------------------------------------------------------------

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        """Return the instance of the rule at `where` over the variables of seats that could be given."""
        return iter(())

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        """Return seats that can help to keep the instance of the rule; most rules only forbid."""
        return []

    def members(self, catalogue: SeatCatalogue, violation: Violation) -> Iterable[Member]:
        """Return the instances of the rule that a violation names."""
        return [Member(self.name, violation.where)]

    def member_words(self, where: str, other: str) -> str:
        """Describe an instance of the rule for a reader, in English."""
        return f"{where} {self.name}"

    # -- explanations -------------------------------------------------------------------------------------

    def opening_obstacles(self, state: PlanState, option: Option) -> Iterator[Obstacle]:
        """Return what keeps `option`, which does not run, from running."""
        return iter(())

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        """Return what keeps `need`, which has no seat, out of `option`, whether or not the option runs."""
        return iter(())

    def rivals_of(self, obstacle: Obstacle) -> Scope | None:
        """Return whose seats could make room for the one that the obstacle blocks; None: no other seat helps."""
        return self.rivals

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        """Return what keeps the need's seat from being taken back."""
        return iter(())

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        """Return the least change that removes the obstacles (all of this rule); everybody else keeps their seat.

        None if no fact of the instance would do, but only another seat.
        """
        return None if obstacles else []

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        """Return the instance with that fact changed. KeyError for a fact that it does not have."""
        raise KeyError(amendment.rule)

    def amendment_words(self, amendment: Amendment) -> str:
        """Describe the amendment for a reader, in English."""
        raise KeyError(amendment.rule)

    # -- prices -------------------------------------------------------------------------------------------

    def prices(self, priced: PricedRows) -> Iterator[tuple[str, float]]:
        """Return (id, points) of one more of the limit at each place that has one, by the relaxation's duals."""
        return iter(())

    def one_more(self, instance: Instance, where: str) -> Instance:
        """Return the instance with one more of the limit that `prices` names."""
        raise KeyError(self.name)

    def concerned(self, state: PlanState, where: str) -> set[str]:
        """Return trainees whose seats could change with one more: those concerned, and those who share courses."""
        raise KeyError(self.name)


def by_subject(priced: PricedRows, subjects: int) -> Floats:
    """Return [subjects] the duals of the rule's rows, added up by subject."""
    worth: Floats = np.zeros(subjects)
    np.add.at(worth, priced.subject, priced.duals)
    return worth
