"""Facts that a feature asks for and another, further downstream, provides: no import runs back.

    seats_in: Provided[[int], Sequence[Seat]] = Provided("seats in force of a round")   # upstream

    @seats_in.by                                                                         # downstream
    def _seats_in(round_id: int) -> Sequence[Seat]: ...

There is no default answer: a question without a provider is an error, and the application does not start with one
(`features.init_app`). A rule cannot lose its protection because a module was not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_all: list[Provided[..., Any]] = []


class NotProvided(RuntimeError):
    """A question was asked that no feature answers."""


class Provided(Generic[P, R]):
    """A question that another feature answers.

    Args:
        what: the fact, for the error that is raised while nobody provides it.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.answer: Callable[P, R] | None = None
        _all.append(self)

    def by(self, answer: Callable[P, R]) -> Callable[P, R]:
        """Register `answer` as the provider. Usable as a decorator."""
        if self.answer is not None and self.answer is not answer:
            raise ValueError(f"{self.what}: provided twice")
        self.answer = answer
        return answer

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self.answer is None:
            raise NotProvided(self.what)
        return self.answer(*args, **kwargs)


def missing() -> list[str]:
    """Return the facts that nobody provides."""
    return [each.what for each in _all if each.answer is None]
