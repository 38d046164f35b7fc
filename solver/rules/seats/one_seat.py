"""`one-seat`: a need has at most one seat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.instance.columns import Columns
from solver.rules.base import Rule, Scope
from solver.rules.rows import Rows, at_most, numbered, ones
from solver.rules.seat_variables import Constraint, SeatVariables


class OneSeat(Rule):
    name = "one-seat"
    scope = Scope.SEAT
    in_bundles = True
    in_auction = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        counts = np.bincount(columns.pair_need, minlength=len(columns.need_trainee))
        several = np.flatnonzero(counts > 1)
        entry = numbered(several, len(counts))[columns.pair_need]
        chosen = np.flatnonzero(entry >= 0)
        yield at_most(entry[chosen], chosen, ones(len(chosen)), ones(len(several)), several)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        yield variables.total(variables.catalogue.of_need[where]) <= 1

    def member_words(self, where: str, other: str) -> str:
        return f"need {where} one seat"
