"""What must be repeated so that a run repeats itself: who heard what, and which message brought the result.

A computing process never looks at a clock. All that it does follows from its task, its seed and the messages that
it was given at each of its questions. With several processes the clock decides which messages those are. A run
therefore records them, and a later run that hands over the same messages at the same questions takes the same way,
whatever its speed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from solver.search.child_process import Child, Message, Origin, Post


class NoTrace(ValueError):
    """A trace that cannot be read."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One process. asks: how often it asked for messages; heard: (number of the question, what it brought)."""

    asks: int
    heard: tuple[tuple[int, tuple[Origin, ...]], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """talks: of each process; plan, bound: the message that brought each (None: it was known before any)."""

    talks: tuple[Talk, ...]
    plan: Origin | None
    bound: Origin | None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        talks = [
            {"asks": talk.asks, "heard": [[question, list(told)] for question, told in talk.heard]}
            for talk in self.talks
        ]
        return {"talks": talks, "plan": self.plan, "bound": self.bound}


def trace_of(children: Sequence[Child], plan: Origin | None, bound: Origin | None) -> Trace:
    """Return the trace of a run that has ended."""
    return Trace(tuple(Talk(child.asks, tuple(child.heard)) for child in children), plan, bound)


def read_trace(value: object) -> Trace:
    """Return the trace in plain JSON values. Raises NoTrace."""
    try:
        fields: Any = value
        talks = tuple(_talk(talk) for talk in fields["talks"])
        plan, bound = (None if fields[key] is None else _origin(fields[key]) for key in ("plan", "bound"))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise NoTrace("the record of the run's messages cannot be read") from error
    return Trace(talks, plan, bound)


def _talk(value: Any) -> Talk:
    heard = tuple((_number(question), tuple(_origin(one) for one in told)) for question, told in value["heard"])
    return Talk(_number(value["asks"]), heard)


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _origin(value: Any) -> Origin:
    child, kind, number = value
    if not isinstance(kind, str):
        raise TypeError
    return _number(child), kind, _number(number)


class Follower(Child):
    """A computing process that is given, at each question, what it was given in an earlier run.

    A question beyond the recorded ones, or one that had no answer, gets none: the earlier run had ended by then.
    """

    def __init__(self, work: Callable[[Post], None], talk: Talk) -> None:
        self._talk = talk
        self._planned = dict(talk.heard)
        self._wanted = {origin for _, told in talk.heard for origin in told}
        self._kept: dict[Origin, Message] = {}
        super().__init__(work)

    def tell(self, origin: Origin, message: Message) -> None:
        """Keep a message if it is to be handed over at some question."""
        if origin in self._wanted:
            self._kept[origin] = message
            self._hand_over()

    def _hand_over(self) -> None:
        planned = self._planned.get(self.asks, ())
        ended = self.asks > self._talk.asks or (self._waits and not planned)
        if self._asked and not ended and all(origin in self._kept for origin in planned):
            self._answer([(origin, self._kept.pop(origin)) for origin in planned])
