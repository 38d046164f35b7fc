"""Prerequisite groups with the equivalences expanded into them, and the cycles that they must not have.

Pure rules over ids; `queries.chains` reads what they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Groups = list[frozenset[int]]


@dataclass
class Chains:
    """The prerequisites and equivalences of courses.

    Attributes:
        groups: course id → its prerequisite groups, each a set of course ids of which any one will do.
        substitutes: course id → ids of the courses whose completion counts wherever that course is required.
    """

    groups: dict[int, Groups] = field(default_factory=dict)
    substitutes: dict[int, set[int]] = field(default_factory=dict)

    def expanded(self, course_id: int) -> Groups:
        """Return the prerequisite groups of a course, with all substitutes of each alternative, transitively."""
        return [self.accepted(group) for group in self.groups.get(course_id, [])]

    def accepted(self, group: frozenset[int]) -> frozenset[int]:
        """Return `group`, all substitutes of its courses, and all substitutes of those."""
        accepted, waiting = set(group), list(group)
        while waiting:
            more = self.substitutes.get(waiting.pop(), set()) - accepted
            accepted |= more
            waiting.extend(more)
        return frozenset(accepted)

    def cycle(self, starts: Iterable[int] | None = None) -> list[int]:
        """Return courses that would each have to come before the next, the first again at the end; empty if none.

        Args:
            starts: search only for cycles through what can be reached from these courses; None: everywhere.
        """
        done: set[int] = set()
        for start in self.groups if starts is None else starts:
            found = self._cycle_from(start, done)
            if found:
                return found
        return []

    def _cycle_from(self, start: int, done: set[int]) -> list[int]:
        """Search depth first, without recursion: a chain may be as long as the catalogue."""
        path: list[int] = []
        on_path: set[int] = set()
        waiting = [(start, False)]
        while waiting:
            course_id, leaving = waiting.pop()
            if leaving:
                path.pop()
                on_path.discard(course_id)
                done.add(course_id)
            elif course_id in on_path:
                return [*path[path.index(course_id) :], course_id]
            elif course_id not in done:
                path.append(course_id)
                on_path.add(course_id)
                waiting.append((course_id, True))
                earlier = {other for group in self.expanded(course_id) for other in group}
                waiting.extend((other, False) for other in sorted(earlier, reverse=True))
        return []


def same_groups(mine: Iterable[frozenset[int]], theirs: Iterable[frozenset[int]]) -> bool:
    """Return whether two lists hold the same groups, in any order."""
    return sorted(map(sorted, mine)) == sorted(map(sorted, theirs))


def in_words(cycle: list[int], names: Mapping[int, str]) -> str:
    """Return «A ← B ← A»: each comes after the next."""
    return " ← ".join(names.get(course_id, "?") for course_id in cycle)
