"""Every list that points at another is looked up in it, and every id that is used twice is told."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from solver.instance.facts import InstanceError
from solver.instance.file import loads_instance

EXAMPLE = json.loads((Path(__file__).parent / "cases" / "example.json").read_text(encoding="utf-8"))


def faults(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InstanceError) as refusal:
        loads_instance(json.dumps(document))
    return refusal.value.faults


@pytest.mark.parametrize(
    ("key", "field", "kind"),
    [
        ("pins", "need", "needs"),
        ("pins", "class", "classes"),
        ("bans", "need", "needs"),
        ("bans", "class", "classes"),
        ("current", "need", "needs"),
        ("current", "option", "options"),
        ("needs", "trainee", "trainees"),
        ("needs", "course", "courses"),
        ("trainees", "unit", "units"),
        ("classes", "course", "courses"),
        ("classes", "fund", "funds"),
    ],
)
def test_an_id_that_nothing_has_is_told_with_the_list_it_is_missing_in(key: str, field: str, kind: str) -> None:
    document = deepcopy(EXAMPLE)
    document[key][0][field] = "gone"
    (fault,) = faults(document)
    assert fault.startswith(f"{key}[0].{field}: 'gone' is not among {kind};")


@pytest.mark.parametrize("key", ["funds", "units", "courses", "classes", "trainees", "needs"])
def test_an_id_used_twice_is_told_with_the_place_that_had_it_first(key: str) -> None:
    document = deepcopy(EXAMPLE)
    document[key].append(deepcopy(document[key][0]))
    first = f"{key}[{len(document[key]) - 1}].id: {document[key][0]['id']!r} is already the id at {key}[0].id"
    assert any(fault.startswith(first) for fault in faults(document))


def test_option_ids_are_unique_within_a_class_and_across_classes() -> None:
    document = deepcopy(EXAMPLE)
    document["classes"][1]["options"][0]["id"] = "L001-a"
    (fault,) = faults(document)
    assert fault.startswith("classes[1].options[0].id: 'L001-a' is already the id at classes[0].options[0].id")
    document = deepcopy(EXAMPLE)
    document["classes"][0]["options"].append(document["classes"][0]["options"][0])
    (fault,) = faults(document)
    assert fault.startswith("classes[0].options[1].id: 'L001-a' ")


def test_the_same_id_in_different_lists_is_fine() -> None:
    text = json.dumps(EXAMPLE).replace("L001-a", "L001").replace('"t1"', '"u1"')
    assert loads_instance(text).trainees[0].id == "u1"


@pytest.mark.parametrize("key", ["min_seats", "max_seats", "fixed_cost", "seat_cost"])
@pytest.mark.parametrize("value", [-1, True, 1.5, "3", None, 10**19])
def test_the_numbers_of_a_class_are_whole_and_not_negative(key: str, value: object) -> None:
    document = deepcopy(EXAMPLE)
    document["classes"][0][key] = value
    assert any(fault.startswith(f"classes[0].{key}: ") for fault in faults(document))


def test_the_edges_of_what_is_allowed() -> None:
    document = deepcopy(EXAMPLE)
    document["policy"]["floor_percent"] = 100
    document["classes"][0]["min_seats"] = document["classes"][0]["max_seats"]
    document["funds"][0]["budget"] = 0
    document["classes"][0]["options"][0]["sessions"] = [["2020-02-29", "2020-02-29"]]
    assert loads_instance(json.dumps(document)).policy.floor_percent == 100
