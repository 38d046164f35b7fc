"""`ban`: no banned pair is seated. In the optimizer such pairs do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from solver.check import Violation
from solver.instance.facts import Instance, Need, NeedClass, Option
from solver.rules.amendment import Amendment
from solver.rules.base import Rule, Scope
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.seat_variables import Constraint, Member, SeatCatalogue, SeatVariables


class Ban(Rule):
    name = "ban"
    scope = Scope.SEAT
    overridable = True

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        yield variables.total(variables.catalogue.in_class(where, other)) <= 0

    def members(self, catalogue: SeatCatalogue, violation: Violation) -> Iterable[Member]:
        bans = catalogue.instance.bans
        return [Member(self.name, ban.need, ban.class_id) for ban in bans if ban.need == violation.where]

    def member_words(self, where: str, other: str) -> str:
        return f"ban of need {where} from class {other}"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        class_id = state.class_of[option.id].id
        if (need.id, class_id) in state.banned:
            yield Obstacle(self.name, class_id, option.id)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        return [Amendment(self.name, need.id, 1, other=obstacle.class_id) for obstacle in obstacles]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        ban = NeedClass(amendment.where, amendment.other or "")
        return replace(instance, bans=tuple(each for each in instance.bans if each != ban))

    def amendment_words(self, amendment: Amendment) -> str:
        return f"the ban of need {amendment.where} from class {amendment.other} lifted"
