"""The instance file `training-plan/1`: frozen, self-validating, JSON both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

Period = tuple[date, date]  # first and last day, both included


@dataclass(frozen=True, slots=True)
class Fund:
    id: str
    budget: int


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    place: str
    max_absent: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    prerequisites: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    units: tuple[str, ...]
    max_seats: int


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    place: str
    sessions: tuple[Period, ...]
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingClass:
    id: str
    course: str
    min_seats: int
    max_seats: int
    fund: str
    fixed_cost: int
    seat_cost: int
    options: tuple[Option, ...]
    quotas: tuple[Quota, ...] = ()


@dataclass(frozen=True, slots=True)
class Trainee:
    id: str
    unit: str
    completed: tuple[str, ...] = ()
    busy: tuple[Period, ...] = ()
    max_days: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    id: str
    trainee: str
    course: str
    value: int


@dataclass(frozen=True, slots=True)
class NeedClass:
    """A pin or a ban."""

    need: str
    class_id: str


@dataclass(frozen=True, slots=True)
class Seat:
    need: str
    option: str


@dataclass(frozen=True, slots=True)
class Policy:
    floor_percent: int = 0
    floor_penalty: int = 0
    change_penalty: int = 0
    max_changes: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    funds: tuple[Fund, ...]
    units: tuple[Unit, ...]
    courses: tuple[Course, ...]
    classes: tuple[TrainingClass, ...]
    trainees: tuple[Trainee, ...]
    needs: tuple[Need, ...]
    travel: dict[str, dict[str, int]] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    pins: tuple[NeedClass, ...] = ()
    bans: tuple[NeedClass, ...] = ()
    current: tuple[Seat, ...] = ()
    policy: Policy = Policy()
