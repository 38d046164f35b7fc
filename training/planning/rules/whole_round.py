"""All rules of a plan over all seats of its round, on current rows; for operations that change most of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from solver import check
from solver.instance.facts import Seat

from .. import snapshot
from ..models import Plan
from ..runs.verification import violation_sentence

Held = tuple[int, int]  # need id, option id


class WholeRound:
    """
    Attributes:
        need_names: need id → its name in violations.
        least: class code → its minimum number of seats.

    Raises:
        Refused: the rows contradict each other.
    """

    need_names: Mapping[int, str]
    least: Mapping[str, int]

    def __init__(self, plan: Plan) -> None:
        taken = snapshot.take(plan, valued=False)
        self.need_names = {row_id: name for name, row_id in taken.needs.items()}
        self.least = {made.id: made.min_seats for made in taken.instance.classes}
        self._options = {row_id: code for code, row_id in taken.options.items()}
        self._instance = taken.instance
        self._known = check.Lookup(taken.instance)

    def violations(self, held: Iterable[Held], running: Iterable[int]) -> list[check.Violation]:
        """Return the violations if these seats are held and the options `running` run.

        Seats and options that the plan does not contain are left out.
        """
        return check.violations(self._known, self._run(running), self._seats(held))

    def sentences(
        self, violations: Sequence[check.Violation], held: Iterable[Held], running: Iterable[int]
    ) -> list[str]:
        """Return violations as sentences for a planner; passing them together reads the seats only once."""
        if not violations:
            return []
        run, seats = self._run(running), self._seats(held)
        return [violation_sentence(self._instance, run, seats, violation) for violation in violations]

    def _seats(self, held: Iterable[Held]) -> list[Seat]:
        return [
            Seat(self.need_names[need_id], self._options[option_id])
            for need_id, option_id in held
            if need_id in self.need_names and option_id in self._options
        ]

    def _run(self, option_ids: Iterable[int]) -> list[str]:
        return sorted(self._options[option_id] for option_id in option_ids if option_id in self._options)
