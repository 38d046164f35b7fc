"""The bench: every peer judged by the checker, on one clock, in one table; and the growth with the size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from solver.generate.province import generate
from solver.instance.file import write_instance
from tests.bench.comparison import METHODS, OURS, Moment, Outcome, listen, run_peer
from tests.bench.gap_parts import table as way_of
from tests.bench.report import Compared, behind_of, put_between, report, table
from tests.bench.scaling import Grown, draw, exponent
from tests.bench.scaling import table as growth


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "small.json"
    write_instance(generate(trainees=120, classes=8, seed=1), path)
    return path


def test_the_command_puts_every_method_beside_the_optimizer(small: Path, tmp_path: Path) -> None:
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n", encoding="utf-8")
    command = [sys.executable, "-m", "solver", "bench", small, "--time-limit", "30", "--into", page]
    run = subprocess.run(
        [*map(str, command), "--json", str(figures)], capture_output=True, text=True, timeout=240, check=False
    )
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows] == ["method", *METHODS.values()]
    told = json.loads(figures.read_text(encoding="utf-8"))
    methods = {outcome["method"]: outcome for outcome in told["instances"][0]["methods"]}
    best = methods[OURS]
    assert best["status"] == "OPTIMAL"
    for exact in ("highs", "scip"):
        assert (methods[exact]["score"], methods[exact]["bound"]) == (best["score"], best["bound"])
    assert methods["cp-sat"]["score"] <= best["score"] <= methods["cp-sat"]["bound"]
    assert methods["first-come"]["score"] < best["score"]
    assert all(outcome["peak_mb"] > 20 for outcome in methods.values())
    for name in ("fairpyx-serial", "fairpyx-round-robin"):
        assert methods[name]["score"] is not None or "not installed" in methods[name]["note"]
    written = page.read_text(encoding="utf-8")
    assert written.startswith("before\n<!-- bench -->\nMade on ")
    assert written.endswith("<!-- /bench -->\nafter\n")
    assert rows[1] in written
    assert "old" not in written


def test_a_peer_is_killed_at_its_limit_with_all_its_processes() -> None:
    child = "import subprocess, sys; print('{}', flush=True); subprocess.run(['sleep', '97.53'])"
    begin = time.monotonic()
    heard = listen([sys.executable, "-c", child], 1.5)
    assert heard.killed
    assert time.monotonic() - begin < 20
    assert [told for _, told in heard.lines] == [{}]
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "97.53"]]


def test_a_peer_that_fails_says_why(small: Path) -> None:
    outcome = run_peer("no-such-peer", small, generate(trainees=120, classes=8, seed=1), 20, 1)
    assert outcome.score is None
    assert outcome.status == "failed"
    assert "no-such-peer" in outcome.note


@pytest.mark.parametrize("arguments", [
    ("--methods", "ours,nobody"), ("--scaling", "0"), ("--scaling", "two"), ("missing.json",),
])  # fmt: skip
def test_bad_arguments_are_refused_in_words(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "solver", "bench", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert run.stdout == ""
    assert arguments[-1] in run.stderr
    assert "Traceback" not in run.stderr


def compared(*outcomes: Outcome) -> Compared:
    return Compared("term", "5,000 trainees", 30, list(outcomes))


def test_the_table_says_where_a_peer_was_ahead() -> None:
    ours = Outcome(OURS, 1.0, {10: 900, 30: 1000}, 1000, 1100, 30.0, 200.0, "FEASIBLE")
    behind = Outcome("highs", 9.0, {10: 800, 30: 950}, 950, 1050, 30.0, 900.0, "stopped at the limit")
    ahead = Outcome("cp-sat", 9.0, {10: 901, 30: 950}, 950, None, 30.0, 900.0, "stopped at the limit")
    assert behind_of(compared(ours, behind)) == []
    assert "at least as good as each peer" in report([compared(ours, behind)])
    (told,) = behind_of(compared(ours, behind, ahead))
    assert "CP-SAT" in told
    assert "at 10 s" in told
    lines = table(compared(ours, behind, ahead))
    assert "| 1,000 | 1,100 | 4.76 % |" in next(line for line in lines if "this optimizer" in line)  # best bound


def test_no_plan_of_ours_is_behind_any_plan() -> None:
    ours = Outcome(OURS, None, {10: None}, None, 1100)
    assert len(behind_of(compared(ours, Outcome("first-come", 1.0, {10: -5}, -5)))) == 1


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the markers"):
        put_between(page, "bench", "figures")
    assert page.read_text(encoding="utf-8") == "<!-- bench -->\n"


def test_the_gap_is_told_apart() -> None:
    moments = [
        Moment(2, "first plan", 800, 1200),
        Moment(29, "relaxation", 900, 1010),
        Moment(50, "classes", 980, 1005),
        Moment(119, "classes", 985, 1000),
        Moment(121, "the end", 990, 1000),
    ]
    told = way_of("province", moments)
    assert "unknown to the end: 1.000 %" in told
    assert "| 30 | 900 | 1,010 | 11.000 % | 9.000 % | 1.000 % |" in told
    assert "| 120 | 985 | 1,000 | 1.500 % | 0.500 % | 0.000 % |" in told
    assert "| first plan | 2.0 | 800 | 1,200 | 20.000 % |" in told
    assert "| classes | 119.0 |" in told
    assert "no plan" in way_of("province", [Moment(10, "", None, 5)])


def grown(size: int, at: float | None) -> Grown:
    return Grown(size, 1.0, {0.05: at, 0.02: at, 0.01: at}, 0.009, 20.0 * size, 400.0 * size, "FEASIBLE")


def test_the_growth_is_a_power_of_the_size(tmp_path: Path) -> None:
    sizes = [grown(size, 3 * size**1.2) for size in (1, 2, 5, 10)]
    assert exponent(sizes) == pytest.approx(1.2)
    assert "as size^1.20" in growth(sizes)
    assert exponent([grown(1, 3.0), grown(2, None)]) is None
    assert "| – |" in growth([grown(2, None)])
    chart = tmp_path / "growth.svg"
    draw([*sizes, grown(20, None)], chart)
    assert "seconds to a gap of 1 %" in chart.read_text(encoding="utf-8")
