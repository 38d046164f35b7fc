"""The instance file as a file: encodings, broken JSON, huge files, and the way back."""

from __future__ import annotations

import json
import os
import random
import stat
import tracemalloc
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from solver.generate.province import generate
from solver.instance.facts import Course, Instance, InstanceError, Period, Policy, TrainingClass
from solver.instance.file import dumps_instance, loads_instance, read_instance, write_instance
from tests.solver.tiny import TINY, seats

CASES = Path(__file__).parent / "cases"
EXAMPLE = (CASES / "plan.json").read_bytes()
MEGABYTE = 1 << 20


def _refusal(data: bytes) -> str:
    with pytest.raises(InstanceError) as refusal:
        loads_instance(data)
    (fault,) = refusal.value.faults
    return fault


def test_the_example_is_read() -> None:
    instance = loads_instance(EXAMPLE)
    assert instance.name == "Kế hoạch 2020"
    assert instance.travel == {"halong": {"halong": 0, "camph": 2}}
    first: Period = (date(2020, 3, 2), date(2020, 3, 6))
    assert instance.classes[0].options[0].sessions[0] == first
    assert instance.current == tuple(seats("n1:L001-a"))
    assert instance.policy == Policy(60, 150, 30, None)


def test_what_may_be_left_out_means_empty_or_no_limit() -> None:
    document = json.loads(EXAMPLE)
    for key in ("travel", "pins", "bans", "current"):
        del document[key]
    del document["resources"], document["classes"][0]["options"][0]["resources"], document["classes"][0]["quotas"]
    del document["courses"][2]["prerequisites"], document["units"][0]["max_absent"]
    document["trainees"] = [{"id": "t1", "unit": "u1"}]
    document["policy"] = {}
    instance = loads_instance(json.dumps(document))
    assert (instance.travel, instance.resources, instance.pins, instance.bans, instance.current) == (
        {},
        (),
        (),
        (),
        (),
    )
    assert instance.courses[2] == Course("chuyen-vien-chinh")
    assert isinstance(instance.classes[0], TrainingClass)
    assert instance.classes[0].quotas == ()
    assert instance.units[0].max_absent is None
    assert (instance.trainees[0].busy, instance.trainees[0].completed, instance.trainees[0].max_days) == (
        (),
        (),
        None,
    )
    assert instance.policy == Policy(0, 0, 0, None)


@pytest.mark.parametrize("instance", [
    loads_instance(EXAMPLE),
    TINY,
    replace(TINY, name='Đường "Bà Triệu" \\ 😀\n', current=tuple(seats("b1:A-2")), policy=Policy(1, 2, 3, 0)),
    generate(trainees=60, classes=6, options=2, seed=3),
], ids=["example", "tiny", "letters", "generated"])  # fmt: skip
def test_there_and_back(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_instance(instance, path)
    assert read_instance(path) == instance
    assert path.read_text(encoding="utf-8") == dumps_instance(read_instance(path))


@pytest.mark.parametrize("cut", range(0, len(EXAMPLE) - 2, 97))
def test_a_file_that_was_cut_off(cut: int) -> None:
    assert _refusal(EXAMPLE[:cut].rstrip(b"\xe1\xba\xbf\xe1\xba\xa1")).startswith("the file: is ")


def test_a_key_repeated_at_any_level_is_told() -> None:
    text = EXAMPLE.decode()
    for once, twice, place in (
        ('"name": "K', '"name": "x", "name": "K', "name"),
        ('"budget": 1', '"budget": 1, "budget": 1', "funds[0].budget"),
        ('"halong": 0', '"halong": 1, "halong": 0', "travel['halong']['halong']"),
        ('"max_changes": null', '"max_changes": null, "max_changes": 1', "policy.max_changes"),
    ):
        assert _refusal(text.replace(once, twice, 1).encode()).startswith(f"{place}: the key is repeated")


@pytest.mark.parametrize(("data", "word"), [
    (b"", "empty"),
    (b" \n", "empty"),
    (b"\xef\xbb\xbf" + EXAMPLE, "byte order mark"),
    (EXAMPLE.decode().encode("utf-16"), "UTF-16"),
    (EXAMPLE.decode().encode("utf-16-le"), "not UTF-8"),
    ('{"name": "Kế hoạch"}'.encode().replace("ế".encode(), "ê".encode("latin-1")), "not UTF-8"),
    (b"{'name': 1}", "not valid JSON"),
    (EXAMPLE + b"{}", "Extra data"),
    (b"[]", "a list must be an object"),
    (b"17", "17 must be an object"),
    (b'{"a":' * 200_000, "nested too deeply"),
    (b'{"a":' + b"[" * 200_000, "nested too deeply"),
])  # fmt: skip
def test_no_instance_at_all(data: bytes, word: str) -> None:
    assert word in _refusal(data)


def test_a_number_of_a_million_digits_is_told_at_its_place() -> None:
    digits = b"1" * 1_000_000
    fault = _refusal(EXAMPLE.replace(b"12000000000", digits))
    assert fault.startswith("funds[0].budget: 111")
    assert len(fault) < 200


@pytest.mark.parametrize("data", [
    random.Random(1).randbytes(MEGABYTE) * 100,
    b"a" * (100 * MEGABYTE),
    b"[" * (100 * MEGABYTE),
    b'{"a":[' + b"[]," * (33 * MEGABYTE),
    b'{"a":[' + b"0," * (50 * MEGABYTE) + b"0]}",
    b'{"name":"' + b"x" * (100 * MEGABYTE),
], ids=["bytes", "letters", "brackets", "lists", "numbers", "text"])  # fmt: skip
def test_a_hundred_megabytes_of_garbage_are_refused_in_bounded_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        fault = _refusal(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fault.startswith("the file: ")
    assert len(fault) < 300
    assert peak < 600 * MEGABYTE


def test_more_than_can_be_a_plan_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InstanceError, match="larger than 128 MB"):
        read_instance(path)


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.json", "a\0b"):
        with pytest.raises(InstanceError, match="cannot be opened"):
            read_instance(path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("before")
    broken = replace(TINY, name="x")
    object.__setattr__(broken, "trainees", (*broken.trainees, None))
    with pytest.raises(AttributeError):
        write_instance(broken, path)
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_permissions_links_and_devices_survive_writing(tmp_path: Path) -> None:
    path, link = tmp_path / "plan.json", tmp_path / "link.json"
    path.write_text("before")
    path.chmod(0o640)
    link.symlink_to(path)
    write_instance(TINY, link)
    assert link.is_symlink()
    assert read_instance(path) == TINY
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_instance(TINY, os.devnull)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
