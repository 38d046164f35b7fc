"""One small plan, and for each kind of change the very number that seats the need."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from solver.check import score
from solver.explain.need import in_depth, smallest_changes
from solver.explain.smallest_changes import Change
from solver.instance.facts import Fund, Instance, NeedClass, Quota
from solver.instance.file import write_instance
from solver.instance.solution_file import Solution, write_solution
from solver.rules.plan_state import PlanState
from tests.solver.tiny import TINY, bent, days, seats


def changes(instance: Instance, seating: str, need: str) -> dict[str, Change]:
    """The smallest change of each kind for the need, in the plan with those seats."""
    taken = seats(seating)
    options = list(dict.fromkeys(seat.option for seat in taken))
    state = PlanState(instance, options, taken)
    before = score(instance, options, taken)
    found, left_out = smallest_changes(state, state.needs[need], time.monotonic() + 60, before)
    assert left_out == []
    return {change.kind: change for change in found}


def test_one_more_seat() -> None:
    full = bent(TINY, "classes", "A", max_seats=2)
    found = changes(full, "b1:A-1 b2:A-1", "b3")
    assert found["size"].words == "one more seat in A"
    assert (found["size"].points, found["size"].rest) == (100, 0)
    assert found["exchange"].points == 0
    assert [move.after for move in found["exchange"].moves] == [None]


def test_money_to_the_dong() -> None:
    poor = replace(TINY, funds=(Fund("province", 1025), Fund("other", 0)))
    assert changes(poor, "b1:A-1 b2:A-1", "b3")["budget"].words == "5 đ more in fund province"


def test_one_more_absence_and_the_days_of_it() -> None:
    spare = bent(TINY, "units", "u1", max_absent=1)
    found = changes(spare, "b1:A-1 b3:A-1", "b2")
    assert found["absence"].words == "one more absence for unit u1 on 2020-03-02 to 2020-03-06"


def test_one_more_in_a_quota() -> None:
    bound = bent(TINY, "classes", "A", quotas=(Quota(("u1",), 1),))
    found = changes(bound, "b1:A-1 b3:A-1", "b2")
    assert found["quota"].words == "one more seat in quota 0 of A"


def test_days_of_class() -> None:
    tired = bent(TINY, "trainees", "t1", max_days=7)
    assert changes(tired, "b1:A-1 s2:B-1", "s1")["load"].words == "3 more days of class for trainee t1"


def test_days_to_be_free() -> None:
    away = bent(TINY, "trainees", "t3", busy=(days(1, 3), days(6, 20)))
    found = changes(away, "b1:A-1", "b3")["clash.busy"]
    assert found.words == "trainee t3 free on 2020-03-02 to 2020-03-03, 2020-03-06"
    assert found.amendments[0].amount == 3


def test_a_course_completed_and_a_ban_lifted() -> None:
    assert changes(TINY, "s1:B-1 s2:B-1", "a1") == {}  # C does not run, and t1 lacks basic
    late = replace(TINY, bans=(NeedClass("s2", "B"),))
    assert changes(late, "s1:B-1", "s2")["ban"].words == "the ban of need s2 from class B lifted"
    extra = replace(TINY, needs=(*TINY.needs, replace(TINY.needs[5], id="a2", trainee="t2")))
    learned = bent(extra, "trainees", "t1", completed=("old",))
    found = changes(learned, "a1:C-1", "a2")
    assert found["prerequisite"].words == "basic completed by trainee t2"


def test_two_kinds_together_where_none_is_enough() -> None:
    full = bent(replace(TINY, funds=(Fund("province", 1020), Fund("other", 0))), "classes", "A", max_seats=2)
    found = changes(full, "b1:A-1 b2:A-1", "b3")
    assert found["several"].words == "one more seat in A; 10 đ more in fund province"
    assert {"size", "budget"}.isdisjoint(found)


def test_a_class_that_would_run() -> None:
    poor = replace(TINY, funds=(Fund("province", 1010 + 1005), Fund("other", 0)))
    found = changes(poor, "b1:A-1", "s1")["run"]
    assert found.words == "5 đ more in fund province; B-1 opens"
    larger = bent(TINY, "classes", "B", min_seats=3)
    found = changes(larger, "b1:A-1", "s1")["run"]
    assert found.words == "a minimum of 2 instead of 3 in B; B-1 opens; 1 other gets a seat as well"
    assert (found.own, found.rest) == (200, 200)


def test_another_moves_and_nobody_loses() -> None:
    """Two classes of one course; t2 sits in the only one to which t1 could go, and could go to the other."""
    a = TINY.classes[0]
    first = replace(a, max_seats=1, options=a.options[:1])
    second = replace(a, id="D", max_seats=2, options=a.options[1:])
    instance = replace(TINY, classes=(first, second, *TINY.classes[1:]))
    instance = bent(instance, "trainees", "t1", busy=(days(9, 9),))
    found = changes(instance, "b2:A-1 b3:A-2", "b1")
    assert found["chain"].words == "1 other moves"
    assert [(move.need, move.before, move.after) for move in found["chain"].moves] == [("b2", "A-1", "A-2")]
    assert "exchange" not in found


def test_a_seated_need_is_told_where_else_it_could_sit() -> None:
    taken = seats("b1:A-1 b2:A-1")
    state = PlanState(TINY, ["A-1"], taken)
    told = in_depth(state, "b1", 10)
    assert told["seat"] == "A-1"
    assert [one["option"] for one in told["alternatives"]] == ["A-2"]
    assert told["alternatives"][0]["obstacles"][0]["rule"] == "one-option"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "solver", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_command_says_one_object(tmp_path: Path) -> None:
    full = bent(TINY, "classes", "A", max_seats=2)
    instance, plan, broken = tmp_path / "i.json", tmp_path / "p.json", tmp_path / "b.json"
    write_instance(full, instance)
    write_solution(Solution(("A-1",), tuple(seats("b1:A-1 b2:A-1"))), plan)
    write_solution(Solution((), tuple(seats("b1:A-1 b2:A-1"))), broken)
    told = run("explain", instance, plan)
    assert told.returncode == 0
    document = json.loads(told.stdout)
    assert told.stdout.count("\n") == 1
    assert document["reasons"] == {"size": 1, "no-class": 1, "not-run": 3}
    told = run("explain", instance, plan, "--need", "b3")
    assert told.returncode == 0
    document = json.loads(told.stdout)
    assert [change["words"] for change in document["changes"] if change["kind"] == "size"] == [
        "one more seat in A"
    ]
    refused = run("explain", instance, plan, "--need", "b9")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "b9" in refused.stderr
    wrong = run("explain", instance, broken)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "eligible" in wrong.stderr
