"""The file `training-plan/2`: JSON to Instance and back; files of `training-plan/1` are read too.

Reading has two steps that share one list of faults. The first checks the shape: keys, kinds of value, dates. A
broken part is reported and replaced by something empty, so that positions stay those of the file. Then
`instance.examine` checks the values; a place reported in the first step is not reported again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TypeVar

from solver.instance.facts import (
    ApartSet,
    Course,
    Facts,
    Faults,
    Fund,
    Instance,
    InstanceError,
    Need,
    NeedClass,
    NeedSet,
    Option,
    Period,
    Policy,
    Quota,
    Reserve,
    Seat,
    Trainee,
    TrainingClass,
    Unit,
    examine,
)
from solver.instance.strict_json import Repeating, Unreadable, dump, parse, read_bytes, shown, write_text

FORMAT = "training-plan/2"
FIRST_FORMAT = "training-plan/1"  # has no `reserves`, `together`, `apart`, `max_changes_per_trainee`

T = TypeVar("T")
Item = Mapping[str, object]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_PERIOD: Period = (date.min, date.min)  # replaces a period that could not be read


@dataclass(frozen=True, slots=True)
class _Keys:
    """Keys of an object. `second`: optional ones of format 2 only."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    second: frozenset[str] = frozenset()

    def known(self, first_format: bool) -> frozenset[str]:
        known = self.required | self.optional
        return known if first_format else known | self.second


def _keys(required: str, optional: str = "", second: str = "") -> _Keys:
    return _Keys(frozenset(required.split()), frozenset(optional.split()), frozenset(second.split()))


_FILE = _keys(
    "format name funds units courses classes trainees needs policy",
    "travel resources pins bans current",
    "together apart",
)
_FUND = _keys("id budget")
_UNIT = _keys("id place", "max_absent")
_COURSE = _keys("id", "prerequisites")
_CLASS = _keys("id course min_seats max_seats fund fixed_cost seat_cost options", "quotas", "reserves")
_QUOTA = _keys("units max_seats")
_RESERVE = _keys("units min_seats", "release")
_OPTION = _keys("id place sessions", "resources")
_TRAINEE = _keys("id unit", "completed busy max_days")
_NEED = _keys("id trainee course value")
_NEED_CLASS = _keys("need class")
_SEAT = _keys("need option")
_TOGETHER = _keys("needs")
_APART = _keys("needs max_seats")
_POLICY = _keys("", "floor_percent floor_penalty change_penalty max_changes", "max_changes_per_trainee")


def read_instance(path: str | Path) -> Instance:
    """Return the instance in a file. Raises InstanceError with every fault, whatever the file holds."""
    try:
        data = read_bytes(path)
    except Unreadable as error:
        raise InstanceError([f"{path}: {error}"]) from error
    return loads_instance(data)


def loads_instance(data: bytes | str) -> Instance:
    """Return the instance in JSON (bytes are UTF-8). Raises InstanceError with every fault."""
    try:
        document = parse(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    except Unreadable as error:
        raise InstanceError([f"the file: {error}"]) from error
    faults = Faults()
    reader = _Reader(faults)
    facts = reader.facts(document)
    if not faults.texts:
        return Instance(*(getattr(facts, each.name) for each in fields(facts)))
    examine(facts, faults, frozenset(reader.unsure))
    raise faults.error()


def write_instance(instance: Instance, path: str | Path) -> None:
    """Write the file, whole or not at all; reading it gives an equal instance. Raises OSError."""
    write_text(path, _lines(instance))


def dumps_instance(instance: Instance) -> str:
    """Return the text that `write_instance` writes."""
    return "".join(_lines(instance))


class _Reader:
    """Checks the shape of the file. `unsure`: lists some of whose ids could not be read."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.unsure: set[str] = set()
        self._dates: dict[str, date] = {}
        self._first_format = False

    def facts(self, document: object) -> Facts:
        self._first_format = isinstance(document, dict) and document.get("format") == FIRST_FORMAT
        item = self._object("", document, _FILE)
        if "format" in item and item["format"] not in (FORMAT, FIRST_FORMAT):
            self.faults.add("format", f"{shown(item['format'])} must be '{FORMAT}'")
        return Facts(
            name=self._text("name", item, "name"),
            travel=self._travel(item.get("travel", {})),
            funds=self._list("funds", item, "funds", self._fund),
            units=self._list("units", item, "units", self._unit),
            resources=self._list("resources", item, "resources", self._resource),
            courses=self._list("courses", item, "courses", self._course),
            classes=self._list("classes", item, "classes", self._class),
            trainees=self._list("trainees", item, "trainees", self._trainee),
            needs=self._list("needs", item, "needs", self._need),
            pins=self._list("pins", item, "pins", self._need_class),
            bans=self._list("bans", item, "bans", self._need_class),
            current=self._list("current", item, "current", self._seat),
            policy=self._policy("policy", item.get("policy", {})),
            together=self._list("together", item, "together", self._together),
            apart=self._list("apart", item, "apart", self._apart),
        )

    def _object(self, place: str, value: object, keys: _Keys) -> Item:
        """Return the object at a place, or an empty one; of missing keys only this first fault is reported."""
        dot = f"{place}." if place else ""
        known = keys.known(self._first_format)
        if not isinstance(value, dict):
            self.faults.add(place or "the file", f"{shown(value)} must be an object")
            self.faults.places.update(f"{dot}{key}" for key in known)
            return {}
        if isinstance(value, Repeating):
            for key in value.repeated:
                self.faults.add(f"{dot}{key}", "the key is repeated; keep one")
        if not value.keys() <= known:
            for key in value:
                if key not in known:
                    allowed = ", ".join(sorted(known))
                    self.faults.add(f"{dot}{key[:60]}", f"the key is unknown; allowed are {allowed}")
        if not keys.required <= value.keys():
            for key in sorted(keys.required - value.keys()):
                self.faults.add(f"{dot}{key}", "the key is missing; add it")
        return value

    def _list(self, place: str, item: Item, key: str, build: Callable[[str, object], T]) -> tuple[T, ...]:
        """Return the list under a key, each entry built; an absent one is empty (required ones were reported)."""
        value = item.get(key, [])
        if not isinstance(value, list):
            self.faults.add(place, f"{shown(value)} must be a list")
        if not isinstance(value, list) or place in self.faults.places:
            self.unsure.update((key, "options") if key == "classes" else (key,))
            return ()
        return tuple([build(f"{place}[{i}]", entry) for i, entry in enumerate(value)])

    def _texts(self, place: str, item: Item, key: str) -> tuple[str, ...]:
        return self._list(place, item, key, self._one_text)

    def _one_text(self, place: str, value: object) -> str:
        if type(value) is not str:
            self.faults.add(place, f"{shown(value)} must be text")
            return ""
        return value

    def _text(self, place: str, item: Item, key: str) -> str:
        return self._one_text(place, item[key]) if key in item else ""

    def _id(self, place: str, item: Item, kind: str) -> str:
        identity = self._text(f"{place}.id", item, "id")
        if not identity:
            self.faults.add(f"{place}.id", "an id must not be empty")
            self.unsure.add(kind)
        return identity

    def _resource(self, place: str, value: object) -> str:
        if not isinstance(value, str):
            self.unsure.add("resources")
        return self._one_text(place, value)

    def _number(self, place: str, item: Item, key: str) -> int:
        value = item.get(key, 0)
        if type(value) is not int:
            self.faults.add(f"{place}.{key}", f"{shown(value)} must be a whole number, 0 or more")
            return 0
        return value

    def _limit(self, place: str, item: Item, key: str) -> int | None:
        return None if item.get(key) is None else self._number(place, item, key)

    def _period(self, place: str, value: object) -> Period:
        if not isinstance(value, list) or len(value) != 2:
            self.faults.add(place, "a period must be a list of its first and its last day")
            return _NO_PERIOD
        days = [self._date(place, day) for day in value]
        return _NO_PERIOD if days[0] is None or days[1] is None else (days[0], days[1])

    def _date(self, place: str, value: object) -> date | None:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            self.faults.add(place, f"{shown(value)} must be a date like 2020-03-02")
            return None
        if value not in self._dates:
            try:
                self._dates[value] = date.fromisoformat(value)
            except ValueError:
                self.faults.add(place, f"{value!r} is no day of the calendar")
                return None
        return self._dates[value]

    def _travel(self, value: object) -> dict[str, dict[str, int]]:
        if not isinstance(value, dict):
            self.faults.add("travel", f"{shown(value)} must be an object of objects")
            return {}
        self._repeated("travel", value)
        travel: dict[str, dict[str, int]] = {}
        for home, row in value.items():
            place = f"travel[{home!r}]"
            if not isinstance(row, dict):
                self.faults.add(place, f"{shown(row)} must be an object of numbers")
                continue
            self._repeated(place, row)
            travel[home] = {}
            for away, points in row.items():
                if type(points) is int:
                    travel[home][away] = points
                else:
                    self.faults.add(f"{place}[{away!r}]", f"{shown(points)} must be a whole number, 0 or more")
        return travel

    def _repeated(self, place: str, value: dict[str, object]) -> None:
        if isinstance(value, Repeating):
            for key in value.repeated:
                self.faults.add(f"{place}[{key!r}]", "the key is repeated; keep one")

    def _fund(self, place: str, value: object) -> Fund:
        item = self._object(place, value, _FUND)
        return Fund(self._id(place, item, "funds"), self._number(place, item, "budget"))

    def _unit(self, place: str, value: object) -> Unit:
        item = self._object(place, value, _UNIT)
        return Unit(
            self._id(place, item, "units"),
            self._text(f"{place}.place", item, "place"),
            self._limit(place, item, "max_absent"),
        )

    def _course(self, place: str, value: object) -> Course:
        item = self._object(place, value, _COURSE)
        groups = self._list(f"{place}.prerequisites", item, "prerequisites", self._group)
        return Course(self._id(place, item, "courses"), groups)

    def _group(self, place: str, value: object) -> tuple[str, ...]:
        return self._texts(place, {"group": value}, "group")

    def _class(self, place: str, value: object) -> TrainingClass:
        item = self._object(place, value, _CLASS)
        return TrainingClass(
            id=self._id(place, item, "classes"),
            course=self._text(f"{place}.course", item, "course"),
            min_seats=self._number(place, item, "min_seats"),
            max_seats=self._number(place, item, "max_seats"),
            fund=self._text(f"{place}.fund", item, "fund"),
            fixed_cost=self._number(place, item, "fixed_cost"),
            seat_cost=self._number(place, item, "seat_cost"),
            options=self._list(f"{place}.options", item, "options", self._option),
            quotas=self._list(f"{place}.quotas", item, "quotas", self._quota),
            reserves=self._list(f"{place}.reserves", item, "reserves", self._reserve),
        )

    def _quota(self, place: str, value: object) -> Quota:
        item = self._object(place, value, _QUOTA)
        return Quota(
            self._list(f"{place}.units", item, "units", self._one_text), self._number(place, item, "max_seats")
        )

    def _reserve(self, place: str, value: object) -> Reserve:
        item = self._object(place, value, _RESERVE)
        release = item.get("release", False)
        if type(release) is not bool:
            self.faults.add(f"{place}.release", f"{shown(release)} must be true or false")
        return Reserve(
            self._list(f"{place}.units", item, "units", self._one_text),
            self._number(place, item, "min_seats"),
            release is True,
        )

    def _option(self, place: str, value: object) -> Option:
        item = self._object(place, value, _OPTION)
        return Option(
            id=self._id(place, item, "options"),
            place=self._text(f"{place}.place", item, "place"),
            sessions=self._list(f"{place}.sessions", item, "sessions", self._period),
            resources=self._texts(f"{place}.resources", item, "resources"),
        )

    def _trainee(self, place: str, value: object) -> Trainee:
        item = self._object(place, value, _TRAINEE)
        return Trainee(
            id=self._id(place, item, "trainees"),
            unit=self._text(f"{place}.unit", item, "unit"),
            completed=self._texts(f"{place}.completed", item, "completed"),
            busy=self._list(f"{place}.busy", item, "busy", self._period),
            max_days=self._limit(place, item, "max_days"),
        )

    def _need(self, place: str, value: object) -> Need:
        item = self._object(place, value, _NEED)
        return Need(
            id=self._id(place, item, "needs"),
            trainee=self._text(f"{place}.trainee", item, "trainee"),
            course=self._text(f"{place}.course", item, "course"),
            value=self._number(place, item, "value"),
        )

    def _need_class(self, place: str, value: object) -> NeedClass:
        item = self._object(place, value, _NEED_CLASS)
        return NeedClass(self._text(f"{place}.need", item, "need"), self._text(f"{place}.class", item, "class"))

    def _seat(self, place: str, value: object) -> Seat:
        item = self._object(place, value, _SEAT)
        return Seat(self._text(f"{place}.need", item, "need"), self._text(f"{place}.option", item, "option"))

    def _together(self, place: str, value: object) -> NeedSet:
        item = self._object(place, value, _TOGETHER)
        return NeedSet(self._texts(f"{place}.needs", item, "needs"))

    def _apart(self, place: str, value: object) -> ApartSet:
        item = self._object(place, value, _APART)
        return ApartSet(self._texts(f"{place}.needs", item, "needs"), self._number(place, item, "max_seats"))

    def _policy(self, place: str, value: object) -> Policy:
        item = self._object(place, value, _POLICY)
        return Policy(
            floor_percent=self._number(place, item, "floor_percent"),
            floor_penalty=self._number(place, item, "floor_penalty"),
            change_penalty=self._number(place, item, "change_penalty"),
            max_changes=self._limit(place, item, "max_changes"),
            max_changes_per_trainee=self._limit(place, item, "max_changes_per_trainee"),
        )


def _lines(instance: Instance) -> Iterator[str]:
    """Yield the file, an entry a line; empty or unlimited values are left out of the entries."""
    policy = {each.name: getattr(instance.policy, each.name) for each in fields(instance.policy)}
    yield f'{{"format":{dump(FORMAT)},\n"name":{dump(instance.name)},\n"policy":{dump(policy)},\n'
    yield f'"travel":{dump(instance.travel)},\n"resources":{dump(instance.resources)}'
    lists: tuple[tuple[str, Iterator[object]], ...] = (
        ("funds", ({"id": x.id, "budget": x.budget} for x in instance.funds)),
        ("units", (_without({"id": x.id, "place": x.place, "max_absent": x.max_absent}) for x in instance.units)),
        ("courses", (_without({"id": x.id, "prerequisites": x.prerequisites}) for x in instance.courses)),
        ("classes", map(_class_item, instance.classes)),
        ("trainees", map(_trainee_item, instance.trainees)),
        (
            "needs",
            ({"id": x.id, "trainee": x.trainee, "course": x.course, "value": x.value} for x in instance.needs),
        ),
        ("pins", ({"need": x.need, "class": x.class_id} for x in instance.pins)),
        ("bans", ({"need": x.need, "class": x.class_id} for x in instance.bans)),
        ("current", ({"need": x.need, "option": x.option} for x in instance.current)),
        ("together", ({"needs": x.needs} for x in instance.together)),
        ("apart", ({"needs": x.needs, "max_seats": x.max_seats} for x in instance.apart)),
    )
    for key, entries in lists:
        yield f',\n"{key}":['
        for i, entry in enumerate(entries):
            yield f"{',' if i else ''}\n{dump(entry)}"
        yield "]"
    yield "}\n"


def _without(item: dict[str, object]) -> dict[str, object]:
    """Return the item without its empty keys: no limit, an empty list."""
    return {key: value for key, value in item.items() if value is not None and value != ()}


def _days(periods: tuple[Period, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((first.isoformat(), last.isoformat()) for first, last in periods)


def _class_item(each: TrainingClass) -> dict[str, object]:
    options = [
        _without({"id": x.id, "place": x.place, "resources": x.resources, "sessions": _days(x.sessions)})
        for x in each.options
    ]
    return _without(
        {
            "id": each.id,
            "course": each.course,
            "min_seats": each.min_seats,
            "max_seats": each.max_seats,
            "fund": each.fund,
            "fixed_cost": each.fixed_cost,
            "seat_cost": each.seat_cost,
            "quotas": tuple({"units": x.units, "max_seats": x.max_seats} for x in each.quotas),
            "reserves": tuple(
                {"units": x.units, "min_seats": x.min_seats, "release": x.release} for x in each.reserves
            ),
            "options": options,
        }
    )


def _trainee_item(each: Trainee) -> dict[str, object]:
    return _without(
        {
            "id": each.id,
            "unit": each.unit,
            "completed": each.completed,
            "busy": _days(each.busy),
            "max_days": each.max_days,
        }
    )
