"""The solution file: its three keys strictly, further keys as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from solver.check import score, violations
from solver.instance.file import read_instance
from solver.instance.solution_file import Solution, SolutionError, loads_solution, read_solution, write_solution
from tests.solver.tiny import seats

CASES = Path(__file__).parent / "cases"
EXAMPLE = {
    "format": "training-plan-solution/1",
    "options": ["L001-a"],
    "seats": [{"need": "n1", "option": "L001-a"}],
}


def test_the_example_keeps_every_rule_of_the_example() -> None:
    instance = read_instance(CASES / "plan.json")
    solution = read_solution(CASES / "plan-solution.json")
    assert solution == Solution(("L001-a",), tuple(seats("n1:L001-a")))
    assert violations(instance, solution.options, solution.seats) == []
    assert score(instance, solution.options, solution.seats) == 400


def test_there_and_back_with_further_keys(tmp_path: Path) -> None:
    further = {"status": "OPTIMAL", "bound": 7.5, "history": [[0.1, None, 9]], "ghi chú": "đủ"}
    solution = Solution(("A-1", "B-1"), tuple(seats("b1:A-1 s1:B-1")), further)
    write_solution(solution, tmp_path / "s.json")
    assert read_solution(tmp_path / "s.json") == solution
    write_solution(Solution((), ()), tmp_path / "s.json")
    assert read_solution(tmp_path / "s.json") == Solution((), ())


@pytest.mark.parametrize(("changes", "places"), [
    ({"format": "training-plan/2"}, ["format"]),
    ({"options": "L001-a"}, ["options"]),
    ({"options": ["L001-a", 7]}, ["options[1]"]),
    ({"seats": {}}, ["seats"]),
    ({"seats": [7, {"need": "n1"}, {"need": 1, "option": "o", "x": 1}]},
     ["seats[0]", "seats[1].option", "seats[2].'x'", "seats[2].need"]),
])  # fmt: skip
def test_faults_are_told_at_their_places(changes: dict[str, object], places: list[str]) -> None:
    with pytest.raises(SolutionError) as refusal:
        loads_solution(json.dumps(EXAMPLE | changes))
    assert [fault.split(": ")[0] for fault in refusal.value.faults] == places


@pytest.mark.parametrize("key", EXAMPLE)
def test_each_key_must_be_there(key: str) -> None:
    with pytest.raises(SolutionError, match=f"^{key}: the key is missing"):
        loads_solution(json.dumps({k: v for k, v in EXAMPLE.items() if k != key}))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe{}", b'{"a":' * 200_000, b"NaN"])
def test_what_is_no_solution_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SolutionError, match=r"^the file: "):
        loads_solution(data)


def test_a_repeated_key_is_told() -> None:
    with pytest.raises(SolutionError, match="repeated"):
        loads_solution(json.dumps(EXAMPLE)[:-1] + ', "options": []}')


def test_further_keys_may_not_be_those_of_the_format() -> None:
    with pytest.raises(SolutionError):
        Solution((), (), {"seats": []})
