"""The effect of changed policy points on the order of the needs, before any run."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..need_facts import ValuedNeed
from ..scoring import Base, Points, base_of, explained, total, worth

EXAMPLES = 5  # number of rising needs shown, and of falling ones


@dataclass(frozen=True, slots=True)
class Moved:
    """A need whose rank within its course changes. Rank 1 is the most pressing; equal values share a rank."""

    need: ValuedNeed
    rank_before: int
    rank_after: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Group:
    """The needs of one base: how many (attendances), and the lowest and highest value under the new points."""

    base: Base
    count: int
    stated: int
    points_before: int
    points_after: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a new policy.

    Attributes:
        groups: by base, the most pressing first; bases without a need are left out.
        risen, fallen: counts of needs whose rank within their course improves or worsens.
        examples: the largest changes of rank, risen first.
    """

    groups: list[Group]
    needs: int
    risen: int
    fallen: int
    examples: list[Moved]

    @property
    def unmoved(self) -> int:
        return self.needs - self.risen - self.fallen


def effect(needs: Sequence[ValuedNeed], before: Points, after: Points) -> Effect:
    """Compare two policies over the same needs."""
    old = [total(worth(before, need.facts)) for need in needs]
    new = [total(worth(after, need.facts)) for need in needs]
    old_rank, new_rank = _ranks(needs, old), _ranks(needs, new)
    moves = sorted(
        (n for n in range(len(needs)) if old_rank[n] != new_rank[n]),
        key=lambda n: (new_rank[n] - old_rank[n], needs[n].need_id),
    )
    risen = sum(new_rank[n] < old_rank[n] for n in moves)
    fallen = len(moves) - risen
    shown = [*moves[: min(EXAMPLES, risen)], *reversed(moves[len(moves) - min(EXAMPLES, fallen) :])]
    examples = [
        Moved(
            needs[n],
            old_rank[n],
            new_rank[n],
            explained(worth(before, needs[n].facts)),
            explained(worth(after, needs[n].facts)),
        )
        for n in shown
    ]
    return Effect(list(_groups(needs, new, before, after)), len(needs), risen, fallen, examples)


def _ranks(needs: Sequence[ValuedNeed], values: Sequence[int]) -> list[int]:
    """Return for each need 1 + the number of needs of its course with a strictly greater value."""
    of_course: dict[int, list[int]] = defaultdict(list)
    for need, value in zip(needs, values, strict=True):
        of_course[need.course_id].append(value)
    for course_values in of_course.values():
        course_values.sort()
    return [
        1 + len(of_course[need.course_id]) - bisect_right(of_course[need.course_id], value)
        for need, value in zip(needs, values, strict=True)
    ]


def _groups(needs: Sequence[ValuedNeed], new: Sequence[int], before: Points, after: Points) -> Iterable[Group]:
    values: dict[Base, list[int]] = defaultdict(list)
    stated: Counter[Base] = Counter()
    for need, value in zip(needs, new, strict=True):
        base, _ground = base_of(need.facts)
        values[base].append(value)
        stated[base] += need.facts.grounds is None
    for base in Base:
        if values[base]:
            yield Group(
                base,
                len(values[base]),
                stated[base],
                before.base(base),
                after.base(base),
                min(values[base]),
                max(values[base]),
            )
