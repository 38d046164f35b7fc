"""One plan's facts, as the optimizer reads them: frozen and validated when they are built.

`file` converts the file `training-plan/2` to these and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

Period = tuple[date, date]  # first and last day, both included

MAX_NUMBER = 10**18  # keeps one number within 64 bits; far above any budget in đồng
MAX_RESERVES = 6  # of one class: their rows are as many as their subsets
MAX_FAULTS = 10_000  # faults that are described; the rest are counted


class InstanceError(ValueError):
    """An instance that is refused. `faults`: one text each, «place: what is wrong and what is expected»."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


class Faults:
    """Collects faults by place. A place is reported once; of very many faults the rest are counted."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.places: set[str] = set()
        self._more = 0

    def add(self, place: str, text: str) -> None:
        if place in self.places:
            return
        if len(self.texts) < MAX_FAULTS:
            self.places.add(place)
            self.texts.append(f"{place}: {text}")
        else:
            self._more += 1

    def error(self) -> InstanceError:
        """Return all of them as one error."""
        return InstanceError([*self.texts, f"and {self._more} more faults"] if self._more else self.texts)


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
class Reserve:
    """Seats kept for units. release: at most as many as these units have needs that could sit there."""

    units: tuple[str, ...]
    min_seats: int
    release: bool = False


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
    reserves: tuple[Reserve, ...] = ()


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
class NeedSet:
    """Needs that sit in the same class or not at all (`together`)."""

    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApartSet(NeedSet):
    """Needs of which at most `max_seats` sit in one class."""

    max_seats: int = 1


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
    max_changes_per_trainee: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The fields of an instance, not yet checked."""

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
    together: tuple[NeedSet, ...] = ()
    apart: tuple[ApartSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance(Facts):
    """A whole plan. Raises InstanceError, with every fault and its place, when the facts break the format."""

    def __post_init__(self) -> None:
        faults = Faults()
        examine(self, faults)
        if faults.texts:
            raise faults.error()


def examine(facts: Facts, faults: Faults, unsure: frozenset[str] = frozenset()) -> None:
    """Adds every fault of `facts`; places are those of the file (`classes[12].options[0].sessions[1]`).

    unsure: lists (`courses`, …) some of whose ids could not be read: references to them are not reported as
    dangling.
    """
    _Examination(facts, faults, unsure).run()


class _Examination:
    """One method per part of the file. Every part is checked, whatever was found before."""

    def __init__(self, facts: Facts, faults: Faults, unsure: frozenset[str]) -> None:
        self.facts = facts
        self.add = faults.add
        self.unsure = unsure
        self.ids: dict[str, set[str]] = {}

    def run(self) -> None:
        facts = self.facts
        self._text("name", facts.name)
        self.ids["funds"] = self._own_ids("funds", ((f"funds[{i}].id", x.id) for i, x in enumerate(facts.funds)))
        self.ids["units"] = self._own_ids("units", ((f"units[{i}].id", x.id) for i, x in enumerate(facts.units)))
        self.ids["resources"] = self._own_ids(
            "resources", ((f"resources[{i}]", x) for i, x in enumerate(facts.resources))
        )
        self.ids["courses"] = self._own_ids(
            "courses", ((f"courses[{i}].id", x.id) for i, x in enumerate(facts.courses))
        )
        self.ids["classes"] = self._own_ids(
            "classes", ((f"classes[{i}].id", x.id) for i, x in enumerate(facts.classes))
        )
        self.ids["options"] = self._own_ids(
            "options",
            (
                (f"classes[{i}].options[{j}].id", option.id)
                for i, x in enumerate(facts.classes)
                for j, option in enumerate(x.options)
            ),
        )
        self.ids["trainees"] = self._own_ids(
            "trainees", ((f"trainees[{i}].id", x.id) for i, x in enumerate(facts.trainees))
        )
        self.ids["needs"] = self._own_ids("needs", ((f"needs[{i}].id", x.id) for i, x in enumerate(facts.needs)))
        self._travel()
        self._funds_and_units()
        self._courses()
        for i, training_class in enumerate(facts.classes):
            self._class(f"classes[{i}]", training_class)
        self._trainees()
        self._needs()
        self._pairs()
        self._need_sets()
        self._policy()

    def _text(self, place: str, text: object) -> None:
        if type(text) is not str:
            self.add(place, f"{text!r} must be text")
        elif not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            self.add(place, f"{text!r} holds half a character (a lone surrogate); write the letter itself")

    def _number(self, place: str, number: object) -> None:
        if type(number) is not int:
            self.add(place, f"{number!r} must be a whole number, 0 or more")
        elif number < 0:
            self.add(place, f"{number} must be 0 or more")
        elif number > MAX_NUMBER:
            self.add(place, f"the number is too large; at most {MAX_NUMBER} can be computed with")

    def _own_ids(self, kind: str, places: Iterable[tuple[str, str]]) -> set[str]:
        seen: dict[str, str] = {}
        for place, identity in places:
            self._text(place, identity)
            if identity == "":
                self.add(place, "an id must not be empty")
            elif identity in seen:
                self.add(
                    place, f"{identity!r} is already the id at {seen[identity]}; every id of {kind} is unique"
                )
            else:
                seen[identity] = place
        return set(seen)

    def _known(self, place: str, kind: str, identity: str) -> None:
        if identity not in self.ids[kind] and kind not in self.unsure:
            self.add(place, f"{identity!r} is not among {kind}; add it there or correct the id")

    def _known_list(self, place: str, kind: str, identities: Sequence[str]) -> None:
        seen = set()
        for i, identity in enumerate(identities):
            if identity in seen:
                self.add(f"{place}[{i}]", f"{identity!r} is listed twice; keep one")
            seen.add(identity)
            self._known(f"{place}[{i}]", kind, identity)

    def _periods(self, place: str, periods: Sequence[Period]) -> None:
        seen = set()
        for i, period in enumerate(periods):
            first, last = period
            if last < first:
                self.add(
                    f"{place}[{i}]", f"the period ends on {last}, before it starts on {first}; exchange the days"
                )
            if period in seen:
                self.add(f"{place}[{i}]", f"the period {first} to {last} is listed twice; keep one")
            seen.add(period)

    def _travel(self) -> None:
        for home, row in self.facts.travel.items():
            self._text(f"travel[{home!r}]", home)
            for away, points in row.items():
                self._text(f"travel[{home!r}][{away!r}]", away)
                self._number(f"travel[{home!r}][{away!r}]", points)

    def _funds_and_units(self) -> None:
        for i, fund in enumerate(self.facts.funds):
            self._number(f"funds[{i}].budget", fund.budget)
        for i, unit in enumerate(self.facts.units):
            self._text(f"units[{i}].place", unit.place)
            if unit.max_absent is not None:
                self._number(f"units[{i}].max_absent", unit.max_absent)

    def _courses(self) -> None:
        for i, course in enumerate(self.facts.courses):
            for j, group in enumerate(course.prerequisites):
                self._known_list(f"courses[{i}].prerequisites[{j}]", "courses", group)
        position = {course.id: i for i, course in enumerate(self.facts.courses)}
        for cycle in _cycles(self.facts.courses):
            text = f"the courses require one another in a circle: {' → '.join(cycle)}; take one prerequisite out"
            self.add(f"courses[{position[cycle[0]]}].prerequisites", text)

    def _class(self, place: str, training_class: TrainingClass) -> None:
        self._known(f"{place}.course", "courses", training_class.course)
        self._known(f"{place}.fund", "funds", training_class.fund)
        for key in ("min_seats", "max_seats", "fixed_cost", "seat_cost"):
            self._number(f"{place}.{key}", getattr(training_class, key))
        if training_class.min_seats > training_class.max_seats:
            text = f"{training_class.max_seats} is below min_seats ({training_class.min_seats}); exchange them"
            self.add(f"{place}.max_seats", text)
        for i, quota in enumerate(training_class.quotas):
            self._known_list(f"{place}.quotas[{i}].units", "units", quota.units)
            self._number(f"{place}.quotas[{i}].max_seats", quota.max_seats)
        if training_class.reserves:
            self._reserves(place, training_class)
        if not training_class.options:
            self.add(f"{place}.options", "a class needs at least one option")
        for i, option in enumerate(training_class.options):
            self._text(f"{place}.options[{i}].place", option.place)
            self._known_list(f"{place}.options[{i}].resources", "resources", option.resources)
            if not option.sessions:
                self.add(f"{place}.options[{i}].sessions", "an option needs at least one session")
            self._periods(f"{place}.options[{i}].sessions", option.sessions)

    def _reserves(self, place: str, training_class: TrainingClass) -> None:
        kept = 0
        first: dict[str, str] = {}
        for i, reserve in enumerate(training_class.reserves):
            here = f"{place}.reserves[{i}]"
            self._known_list(f"{here}.units", "units", reserve.units)
            self._number(f"{here}.min_seats", reserve.min_seats)
            if type(reserve.release) is not bool:
                self.add(f"{here}.release", f"{reserve.release!r} must be true or false")
            kept += reserve.min_seats if type(reserve.min_seats) is int else 0
            for unit in dict.fromkeys(reserve.units):
                if first.setdefault(unit, here) != here:
                    self.add(
                        f"{here}.units", f"{unit!r} is in {first[unit]} already; a unit has one reserve a class"
                    )
        if len(training_class.reserves) > MAX_RESERVES:
            self.add(f"{place}.reserves", f"a class has at most {MAX_RESERVES} reserves; join some")
        if kept > training_class.max_seats:
            text = f"{kept} seats are kept, but the class has {training_class.max_seats}; keep fewer"
            self.add(f"{place}.reserves", text)

    def _trainees(self) -> None:
        for i, trainee in enumerate(self.facts.trainees):
            self._known(f"trainees[{i}].unit", "units", trainee.unit)
            if trainee.completed:
                self._known_list(f"trainees[{i}].completed", "courses", trainee.completed)
            if trainee.busy:
                self._periods(f"trainees[{i}].busy", trainee.busy)
            if trainee.max_days is not None:
                self._number(f"trainees[{i}].max_days", trainee.max_days)

    def _needs(self) -> None:
        seen: dict[tuple[str, str], int] = {}
        for i, need in enumerate(self.facts.needs):
            self._known(f"needs[{i}].trainee", "trainees", need.trainee)
            self._known(f"needs[{i}].course", "courses", need.course)
            self._number(f"needs[{i}].value", need.value)
            first = seen.setdefault((need.trainee, need.course), i)
            if first != i and need.trainee and need.course:
                text = f"trainee {need.trainee!r} already needs course {need.course!r} at needs[{first}]; keep one"
                self.add(f"needs[{i}]", text)

    def _pairs(self) -> None:
        for key, pairs in (("pins", self.facts.pins), ("bans", self.facts.bans)):
            seen = set()
            for i, pair in enumerate(pairs):
                self._known(f"{key}[{i}].need", "needs", pair.need)
                self._known(f"{key}[{i}].class", "classes", pair.class_id)
                if pair in seen and pair.need and pair.class_id:
                    self.add(f"{key}[{i}]", f"need {pair.need!r} and class {pair.class_id!r} are listed twice")
                seen.add(pair)
        seats = set()
        for i, seat in enumerate(self.facts.current):
            self._known(f"current[{i}].need", "needs", seat.need)
            self._known(f"current[{i}].option", "options", seat.option)
            if seat in seats and seat.need and seat.option:
                self.add(f"current[{i}]", f"need {seat.need!r} and option {seat.option!r} are listed twice")
            seats.add(seat)

    def _need_sets(self) -> None:
        course_of = {need.id: need.course for need in self.facts.needs}
        first: dict[str, str] = {}
        for key, sets in (("together", self.facts.together), ("apart", self.facts.apart)):
            for i, each in enumerate(sets):
                here = f"{key}[{i}]"
                self._known_list(f"{here}.needs", "needs", each.needs)
                if len(each.needs) < 2:
                    self.add(f"{here}.needs", "a set needs two needs or more; add one or take the set out")
        for i, group in enumerate(self.facts.together):
            here = f"together[{i}].needs"
            courses = {course_of[need] for need in group.needs if need in course_of}
            if len(courses) > 1:
                self.add(
                    here, f"the needs are for different courses ({', '.join(sorted(courses))}); keep those of one"
                )
            for need in dict.fromkeys(group.needs):
                if first.setdefault(need, here) != here:
                    self.add(here, f"{need!r} is in {first[need]} already; a need is in one set at most")
        for i, separate in enumerate(self.facts.apart):
            self._number(f"apart[{i}].max_seats", separate.max_seats)
            if separate.max_seats == 0:
                self.add(f"apart[{i}].max_seats", "at least 1 may sit in a class; to keep all out, use bans")

    def _policy(self) -> None:
        policy = self.facts.policy
        for key in ("floor_percent", "floor_penalty", "change_penalty"):
            self._number(f"policy.{key}", getattr(policy, key))
        if policy.floor_percent > 100:
            self.add("policy.floor_percent", f"{policy.floor_percent} must be at most 100")
        if policy.max_changes is not None:
            self._number("policy.max_changes", policy.max_changes)
        if policy.max_changes_per_trainee is not None:
            self._number("policy.max_changes_per_trainee", policy.max_changes_per_trainee)


def _cycles(courses: Sequence[Course]) -> Iterator[list[str]]:
    """Yield cycles of prerequisites over all alternatives, at least one per component; first course repeated
    last.
    """
    after = {c.id: list(dict.fromkeys(x for group in c.prerequisites for x in group)) for c in courses}
    done: set[str] = set()
    for start, required in after.items():
        if start in done:
            continue
        path = [start]
        on_path = {start: 0}
        waiting = [iter(required)]
        while waiting:
            following = next(waiting[-1], None)
            if following is None:
                waiting.pop()
                finished = path.pop()
                del on_path[finished]
                done.add(finished)
            elif following in on_path:
                yield [*path[on_path[following] :], following]
            elif following in after and following not in done:
                on_path[following] = len(path)
                path.append(following)
                waiting.append(iter(after[following]))
