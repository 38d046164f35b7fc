"""What a rule is: its name, what it looks at, and everything that the optimizer and the explanations ask of it."""

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
    """What an instance of a rule looks at."""

    SEAT = "seat"  # one need's seat
    TRAINEE = "trainee"  # one person's seats
    CLASS = "class"  # the seats of one class
    OPTION = "option"  # which options run, no seat
    UNIT = "unit"  # the seats of one unit's people
    GROUP = "group"  # a set of needs
    FUND = "fund"  # all that one fund pays
    PLAN = "plan"


class Rule:
    """One rule of a plan. What a rule has no part in, it inherits as the empty answer.

    Attributes:
        name: as in the format's table of rules.
        scope: what one instance of the rule looks at.
        rivals: whose seats could give way where the rule is in the way of one more: those of the same person
            (TRAINEE), class (CLASS), unit (UNIT) or fund (FUND); None: nobody's would help.
        about_class: whether it is the class that the rule keeps from running, whoever wants to sit there.
        overridable: whether a planner may break it knowingly by hand, with a ground.
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
        """The rule over the columns; nothing where pairs that break it do not exist."""
        return iter(())

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        """What a plan that grows seat by seat asks before each seat; None where there is nothing to ask."""
        return None

    # -- conflicts ----------------------------------------------------------------------------------------

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        """The instance of the rule at `where` over the variables of seats that could be given."""
        return iter(())

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        """Seats that can help to keep the instance of the rule; most rules only forbid, and no seat helps."""
        return []

    def members(self, catalogue: SeatCatalogue, violation: Violation) -> Iterable[Member]:
        """The instances of the rule that a violation names."""
        return [Member(self.name, violation.where)]

    def member_words(self, where: str, other: str) -> str:
        """An instance of the rule for a reader, in English."""
        return f"{where} {self.name}"

    # -- explanations -------------------------------------------------------------------------------------

    def opening_obstacles(self, state: PlanState, option: Option) -> Iterator[Obstacle]:
        """What keeps `option`, which does not run, from running."""
        return iter(())

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        """What keeps `need`, which has no seat, out of `option`, apart from whether the option runs."""
        return iter(())

    def rivals_of(self, obstacle: Obstacle) -> Scope | None:
        """Whose seats could give way to the one that the obstacle keeps out; None: nobody's would help."""
        return self.rivals

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        """What keeps the need's seat from being taken back."""
        return iter(())

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        """The least that would have to be different for the obstacles (all of this rule) to go; everybody else
        keeps their seat. None where no fact of the instance would do, but only another seat."""
        return None if obstacles else []

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        """The instance with that fact different. KeyError for a fact that it does not have."""
        raise KeyError(amendment.rule)

    def amendment_words(self, amendment: Amendment) -> str:
        """The amendment for a reader, in English."""
        raise KeyError(amendment.rule)

    # -- prices -------------------------------------------------------------------------------------------

    def prices(self, priced: PricedRows) -> Iterator[tuple[str, float]]:
        """(id, points) of one more of the rule's limit at each place that has one, by the relaxation's duals."""
        return iter(())

    def one_more(self, instance: Instance, where: str) -> Instance:
        """The instance with one more of the limit that `prices` speaks of."""
        raise KeyError(self.name)

    def concerned(self, state: PlanState, where: str) -> set[str]:
        """Trainees whose seats could change with one more: whom it concerns, and who needs the same courses."""
        raise KeyError(self.name)


def by_subject(priced: PricedRows, subjects: int) -> Floats:
    """[subjects] the duals of the rule's rows, added up by what the rows are about."""
    worth: Floats = np.zeros(subjects)
    np.add.at(worth, priced.subject, priced.duals)
    return worth
