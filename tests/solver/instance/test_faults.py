"""Every fault of an instance file is told with its place, all of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solver.instance.facts import Instance, InstanceError, Need
from solver.instance.file import loads_instance, read_instance
from tests.solver.tiny import TINY, bent, days, option

CASES = Path(__file__).parent / "cases"
EXAMPLE = json.loads((CASES / "plan.json").read_text(encoding="utf-8"))


def _places(document: object) -> list[str]:
    with pytest.raises(InstanceError) as refusal:
        loads_instance(json.dumps(document))
    return [fault.split(": ")[0] for fault in refusal.value.faults]


def _set(*path: Any) -> Callable[[Any], None]:
    """_set("needs", 0, "value", -1) puts −1 there."""

    def edit(document: Any) -> None:
        for step in path[:-2]:
            document = document[step]
        document[path[-2]] = path[-1]

    return edit


def _append(*path: Any) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document.append(path[-1])

    return edit


def _drop(*path: Any) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return edit


NEW_CLASS = {**EXAMPLE["classes"][1], "id": "L003"}
FAULTS = [
    # unknown and missing keys
    (_set("colour", 1), ["colour"]),
    (_set("needs", 0, "colour", 1), ["needs[0].colour"]),
    (_set("classes", 0, "options", 0, "room", 1), ["classes[0].options[0].room"]),
    (_set("policy", "ceiling", 1), ["policy.ceiling"]),
    *((_drop(key), [key]) for key in ("format", "name", "funds", "units", "courses", "classes", "trainees")),
    *((_drop(key), [key]) for key in ("needs", "policy")),
    (_drop("classes", 0, "seat_cost"), ["classes[0].seat_cost"]),
    (_drop("classes", 0, "options", 0, "sessions"), ["classes[0].options[0].sessions"]),
    (_drop("pins", 0, "class"), ["pins[0].class"]),
    # kinds of value
    (_set("format", "training-plan/3"), ["format"]),
    (_set("name", 7), ["name"]),
    (_set("needs", {}), ["needs"]),
    (_set("needs", 0, []), ["needs[0]"]),
    (_set("pins", None), ["pins"]),
    (_set("policy", []), ["policy"]),
    (_set("policy", None), ["policy"]),
    (_set("travel", []), ["travel"]),
    (_set("travel", "halong", 3), ["travel['halong']"]),
    (_set("travel", "halong", "halong", -3), ["travel['halong']['halong']"]),
    (_set("resources", 0, 7), ["resources[0]"]),
    (_set("classes", 0, "options", {}), ["classes[0].options"]),
    (_set("courses", 2, "prerequisites", 0, "chuyen-vien"), ["courses[2].prerequisites[0]"]),
    # numbers
    (_set("needs", 0, "value", -1), ["needs[0].value"]),
    (_set("needs", 0, "value", True), ["needs[0].value"]),
    (_set("needs", 0, "value", 1.5), ["needs[0].value"]),
    (_set("needs", 0, "value", 1.0), ["needs[0].value"]),
    (_set("needs", 0, "value", "1"), ["needs[0].value"]),
    (_set("needs", 0, "value", None), ["needs[0].value"]),
    (_set("needs", 0, "value", float("nan")), ["needs[0].value"]),
    (_set("needs", 0, "value", float("inf")), ["needs[0].value"]),
    (_set("needs", 0, "value", 10**30), ["needs[0].value"]),
    (_set("units", 0, "max_absent", False), ["units[0].max_absent"]),
    (_set("policy", "floor_percent", 101), ["policy.floor_percent"]),
    (_set("policy", "floor_penalty", None), ["policy.floor_penalty"]),
    # dates
    (_set("trainees", 0, "busy", 0, 0, "20200504"), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, 0, "2020-W19-1"), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, 0, "2020-02-30"), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, 0, " 2020-05-04"), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, 0, "2020-05-0４"), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, ["2020-05-04"]), ["trainees[0].busy[0]"]),
    (_set("trainees", 0, "busy", 0, 1, "2020-05-03"), ["trainees[0].busy[0]"]),
    (_set("classes", 0, "options", 0, "sessions", 1, 1, "2020-03-15"), ["classes[0].options[0].sessions[1]"]),
    # ids
    (_set("funds", 0, "id", ""), ["funds[0].id"]),
    (_set("needs", 0, "id", 7), ["needs[0].id"]),
    (_set("units", 1, "id", "\ud800"), ["units[1].id", "classes[0].quotas[0].units[1]"]),
    # dangling
    (_set("classes", 0, "course", "x"), ["classes[0].course"]),
    (_set("classes", 0, "fund", "x"), ["classes[0].fund"]),
    (_set("classes", 0, "quotas", 0, "units", 1, "x"), ["classes[0].quotas[0].units[1]"]),
    (_set("classes", 0, "options", 0, "resources", 0, "x"), ["classes[0].options[0].resources[0]"]),
    (_set("courses", 2, "prerequisites", 0, 1, "x"), ["courses[2].prerequisites[0][1]"]),
    (_set("trainees", 0, "unit", "x"), ["trainees[0].unit"]),
    (_set("trainees", 0, "completed", 0, "x"), ["trainees[0].completed[0]"]),
    (_set("needs", 0, "trainee", "x"), ["needs[0].trainee"]),
    (_set("needs", 0, "course", "x"), ["needs[0].course"]),
    (_set("pins", 0, "need", "x"), ["pins[0].need"]),
    (_set("bans", 0, "class", "x"), ["bans[0].class"]),
    (_set("current", 0, "option", "x"), ["current[0].option"]),
    # duplicates
    (_append("funds", EXAMPLE["funds"][0]), ["funds[1].id"]),
    (_append("units", EXAMPLE["units"][0]), ["units[2].id"]),
    (_append("resources", "hall-1"), ["resources[2]"]),
    (_append("courses", EXAMPLE["courses"][0]), ["courses[3].id"]),
    (_append("trainees", EXAMPLE["trainees"][0]), ["trainees[1].id"]),
    (_append("classes", NEW_CLASS), ["classes[2].options[0].id"]),
    (_append("needs", {**EXAMPLE["needs"][0], "id": "n2"}), ["needs[1]"]),
    (_append("pins", EXAMPLE["pins"][0]), ["pins[1]"]),
    (_append("bans", EXAMPLE["bans"][0]), ["bans[1]"]),
    (_append("current", EXAMPLE["current"][0]), ["current[1]"]),
    (_append("trainees", 0, "completed", "chuyen-vien"), ["trainees[0].completed[1]"]),
    (_append("trainees", 0, "busy", ["2020-05-04", "2020-05-15"]), ["trainees[0].busy[1]"]),
    (_append("classes", 0, "options", 0, "resources", "hall-1"), ["classes[0].options[0].resources[1]"]),
    (
        _append("classes", 0, "options", 0, "sessions", ["2020-03-02", "2020-03-06"]),
        ["classes[0].options[0].sessions[2]"],
    ),
    (_append("classes", 0, "quotas", 0, "units", "u1"), ["classes[0].quotas[0].units[2]"]),
    (_append("courses", 2, "prerequisites", 0, "chuyen-vien"), ["courses[2].prerequisites[0][2]"]),
    # what contradicts itself
    (_set("classes", 0, "min_seats", 81), ["classes[0].max_seats"]),
    (_set("classes", 1, "options", []), ["classes[1].options"]),
    (_set("classes", 1, "options", 0, "sessions", []), ["classes[1].options[0].sessions"]),
    (_set("courses", 0, "prerequisites", [["chuyen-vien"]]), ["courses[0].prerequisites"]),
    (_set("courses", 1, "prerequisites", [["chuyen-vien-chinh"]]), ["courses[1].prerequisites"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "places"), FAULTS, ids=[places[0] + f"-{i}" for i, (_, places) in enumerate(FAULTS)]
)
def test_a_fault_is_told_at_its_place_and_nothing_else_is(edit: Callable[[Any], None], places: list[str]) -> None:
    document = deepcopy(EXAMPLE)
    edit(document)
    assert _places(document) == places


def test_all_faults_of_a_file_are_told() -> None:
    with pytest.raises(InstanceError) as refusal:
        read_instance(CASES / "many-faults.json")
    assert {fault.split(": ")[0] for fault in refusal.value.faults} == {
        "units[0].max_absent", "classes[0].fixed_cost", "classes[1].fixed_cost",
        "classes[1].options[0].sessions[0]", "trainees[0].max_days", "needs[0].valeu", "needs[0].value",
        "units[1].id", "resources[1]", "funds[0].budget", "courses[0].prerequisites", "classes[0].max_seats",
        "classes[0].quotas[0].units[1]", "classes[0].options[0].sessions[1]", "classes[1].fund",
        "pins[0].class", "policy.floor_percent",
    }  # fmt: skip


def test_a_circle_of_prerequisites_is_named() -> None:
    document = deepcopy(EXAMPLE)
    document["courses"][1]["prerequisites"] = [["chuyen-vien-chinh"]]
    with pytest.raises(InstanceError, match="cao-cap-llct → chuyen-vien-chinh → cao-cap-llct"):
        loads_instance(json.dumps(document))


def test_courses_that_lean_on_one_another_without_a_circle_are_fine() -> None:
    document = deepcopy(EXAMPLE)
    document["courses"][1]["prerequisites"] = [["chuyen-vien"], ["chuyen-vien"]]
    document["courses"][2]["prerequisites"].append(["cao-cap-llct"])
    assert loads_instance(json.dumps(document)).courses[1].prerequisites == (("chuyen-vien",), ("chuyen-vien",))


def test_a_chain_of_very_many_courses_is_read() -> None:
    document = deepcopy(EXAMPLE)
    count = 20_000
    document["courses"] += [{"id": f"c{i}", "prerequisites": [[f"c{i + 1}"]]} for i in range(count)]
    document["courses"].append({"id": f"c{count}"})
    assert len(loads_instance(json.dumps(document)).courses) == count + 4


def test_very_many_faults_are_told_up_to_a_bound_and_the_rest_counted() -> None:
    document = deepcopy(EXAMPLE)
    document["resources"] += ["hall-1"] * 25_000
    with pytest.raises(InstanceError) as refusal:
        loads_instance(json.dumps(document))
    assert len(refusal.value.faults) == 10_001
    assert refusal.value.faults[-1] == "and 15000 more faults"


@pytest.mark.parametrize(
    ("build", "place"),
    [
        (lambda: bent(TINY, "funds", "province", budget=-1), "funds[0].budget"),
        (lambda: bent(TINY, "classes", "A", min_seats=4), "classes[0].max_seats"),
        (
            lambda: option(TINY, "B-1", sessions=(days(6), days(9, 2))),
            "classes[1].options[0].sessions[1]",
        ),
        (lambda: replace(TINY, needs=(Need("1", "t1", "basic", 1), Need("2", "t1", "basic", 1))), "needs[1]"),
    ],
)
def test_nonsense_is_refused_at_construction_too(build: Callable[[], Instance], place: str) -> None:
    with pytest.raises(InstanceError) as refusal:
        build()
    assert [fault.split(": ")[0] for fault in refusal.value.faults] == [place]
