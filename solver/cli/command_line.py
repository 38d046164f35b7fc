"""`python -m solver solve | replay | check | explain | prices | worth | frontier | generate | bench`.

Exit codes: 0 a result, 1 a plan that breaks a rule (`check`), another plan than the run's (`replay`) or a failure
of the optimizer itself, 2 bad input, 3 infeasible, 4 no plan in time. Standard output is one JSON object on one
line (`bench`: a table; `replay`: sentences).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from solver.check import Violation, score, violations
from solver.cli import plan_commands, replay_command, worth_command
from solver.cli.arguments import count, number, seconds
from solver.instance.facts import Instance, InstanceError
from solver.instance.file import dumps_instance, read_instance, write_instance
from solver.instance.solution_file import Solution, SolutionError, dumps_solution, read_solution, write_solution
from solver.instance.strict_json import dump, write_text
from solver.model.scaling import too_large
from solver.replay.file import Parameters, ReplayFile
from solver.result import Conflict, Plan, Result, Status, relative_gap
from solver.stopping import listen, obey

_EXIT = {
    Status.INFEASIBLE: 3,
    Status.NO_SOLUTION_IN_TIME: 4,
    Status.FAILED: 1,
}
_STOPPABLE = {"solve", "frontier", "replay"}  # a stop ends them with the results so far
_WRITING = 0.5  # seconds kept for writing the plan and exiting


def _age() -> float:
    """Return seconds since this process began, including the interpreter's start; 0 without Linux' /proc."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
    return min(60.0, max(0.0, age))


_STARTED = time.monotonic() - _age()


class _Refused(Exception):
    """Bad input: one line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _parser() -> argparse.ArgumentParser:
    shown = argparse.ArgumentDefaultsHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m solver", description="Assigns needs to training classes.")
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("solve", formatter_class=shown, help="solve an instance")
    one.add_argument("instance", type=Path, help="a file training-plan/2")
    one.add_argument("-o", "--output", type=Path, required=True, help="where the plan is written")
    one.add_argument("--time-limit", type=seconds, default=60.0, metavar="S", help="seconds, from start to end")
    one.add_argument("--gap", type=seconds, default=0.0, metavar="G", help="end at this gap, as a fraction")
    one.add_argument("--workers", type=count, default=2, metavar="N", help="processes that compute")
    one.add_argument("--seed", type=number, default=0, metavar="N", help="of every random choice")
    one.add_argument("--start", type=Path, metavar="SOLUTION", help="a plan to begin with, if its rules hold here")
    one.add_argument("--replay", type=Path, metavar="FILE", help="also write all that `replay` needs, as one ZIP")
    one.add_argument("--progress", choices=("text", "json"), default="text", help="how progress is told")
    one.add_argument("--quiet", action="store_true", help="tell no progress (errors are still told)")

    replay_command.add_replay(
        commands.add_parser(
            "replay", formatter_class=shown, help="make a run again, and say whether it is the same"
        )
    )

    one = commands.add_parser("check", formatter_class=shown, help="check a plan against every rule")
    one.add_argument("instance", type=Path, help="a file training-plan/2")
    one.add_argument("solution", type=Path, help="a file training-plan-solution/1")

    plan_commands.add_explain(
        commands.add_parser("explain", formatter_class=shown, help="why needs have no seat, and what would help")
    )

    plan_commands.add_prices(
        commands.add_parser(
            "prices", formatter_class=shown, help="what one more seat, đồng, absence or class is worth"
        )
    )
    worth_command.add_worth(
        commands.add_parser("worth", formatter_class=shown, help="all estimates of `prices`, or some solved again")
    )
    plan_commands.add_frontier(
        commands.add_parser("frontier", formatter_class=shown, help="the best plan for each number of changes")
    )

    one = commands.add_parser("generate", formatter_class=shown, help="make a seeded, realistic instance")
    one.add_argument(
        "--shape", choices=("province", "term"), default="province", help="a yearly plan or a university term"
    )
    one.add_argument("--trainees", type=count, default=12_200, metavar="N", help="trainees")
    one.add_argument("--classes", type=count, default=179, metavar="N", help="classes")
    one.add_argument("--seed", type=number, default=1, metavar="N", help="of every random choice")
    one.add_argument("--options", type=count, default=1, metavar="N", help="calendars of each class")
    one.add_argument("-o", "--output", type=Path, required=True, help="where the instance is written")

    commands.add_parser("bench", add_help=False, help="compare with other methods, or measure the growth")
    return parser


def _instance(path: Path) -> Instance:
    try:
        return read_instance(path)
    except InstanceError as error:
        raise _Refused(error.faults) from error


def _computable(path: Path) -> Instance:
    """Return an instance whose numbers the optimizer can compute with."""
    instance = _instance(path)
    faults = too_large(instance)
    if faults:
        raise _Refused(faults)
    return instance


def _solution(path: Path) -> Solution:
    try:
        return read_solution(path)
    except SolutionError as error:
        raise _Refused(error.faults) from error


def _told_violations(instance: Instance, solution: Solution) -> list[Violation]:
    found = violations(instance, solution.options, solution.seats)
    for violation in found:
        sys.stderr.write(f"{violation.rule}: {violation.message}\n")
    return found


def _say(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Progress:
    """Progress on standard error; silent once nobody reads it."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._stage = ""
        self._open = True

    def stage(self, name: str) -> None:
        self._stage = name

    def begins(self, stage: str) -> None:
        """Tell a stage of work that has neither score nor bound."""
        self.stage(stage)
        self(time.monotonic() - _STARTED, None, None)

    def __call__(self, seconds: float, found: int | None, bound: int | None) -> None:
        if self._form == "json":
            told = {"seconds": round(seconds, 2), "score": found, "bound": bound, "stage": self._stage}
            line = json.dumps(told)
        else:
            gap = relative_gap(found, bound)
            shown = "" if gap is None else f"  gap {100 * gap:.3f} %"
            line = f"{seconds:8.1f} s  score {found}  bound {bound}{shown}  {self._stage}"
        if self._open:
            try:
                sys.stderr.write(line + "\n")
                sys.stderr.flush()
            except OSError:
                self._open = False


def _peak_mb(sampled: float) -> float:
    return round(max(sampled, psutil.Process().memory_info().rss / 1e6), 1)


def _need_folder(output: Path) -> None:
    folder = output.resolve().parent
    if not folder.is_dir():
        raise _Refused([f"{output}: the folder {folder} does not exist"])


def _solve(arguments: argparse.Namespace) -> int:
    from solver.solve import solve  # each command imports what it needs, to start quickly

    should_stop = listen()
    instance = _computable(arguments.instance)
    _need_folder(arguments.output)
    start = None if arguments.start is None else _solution(arguments.start)
    before = time.monotonic() - _STARTED
    progress = None if arguments.quiet else _Progress(arguments.progress)
    result = solve(
        instance,
        time_limit=max(0.0, arguments.time_limit - before - _WRITING),
        gap=arguments.gap,
        workers=arguments.workers,
        seed=arguments.seed,
        on_progress=None if progress is None else lambda t, s, b: progress(t + before, s, b),
        on_stage=None if progress is None else progress.stage,
        should_stop=should_stop,
        start=None if start is None else Plan(start.options, start.seats),
    )
    if result.message:
        sys.stderr.write(result.message.rstrip() + "\n")
    for member in result.conflict:
        sys.stderr.write(f"conflict: {member.words}\n")
    solution = _written(result, before)
    if solution is not None:
        try:
            write_solution(solution, arguments.output)
        except OSError as error:
            raise _Refused([f"{arguments.output}: {error.strerror or error}"]) from error
    if arguments.replay is not None:
        _write_replay(arguments, instance, start, result, solution)
    _say(_summary(result))
    return 0 if result.solution is not None else _EXIT.get(result.status, 4)


def _written(result: Result, before: float) -> Solution | None:
    """Return what is written of a result; None without a plan. before: seconds until `solve` was called."""
    if result.solution is None:
        return None
    further = {
        "status": result.status.value,
        "score": result.score,
        "bound": result.bound,
        "history": [[round(at + before, 3), found, bound] for at, found, bound in result.history],
        "versions": result.versions,
        "trace": None if result.trace is None else result.trace.as_json(),
    }
    return Solution(result.solution.options, result.solution.seats, further)


def _write_replay(
    arguments: argparse.Namespace,
    instance: Instance,
    start: Solution | None,
    result: Result,
    solution: Solution | None,
) -> None:
    written = ReplayFile(
        instance=dumps_instance(instance).encode(),
        solution=None if solution is None else dumps_solution(solution).encode(),
        start=None if start is None else dumps_solution(start).encode(),
        parameters=Parameters(arguments.workers, arguments.seed, arguments.gap, arguments.time_limit),
        status=result.status.value,
        score=result.score,
        bound=result.bound,
        seconds=round(result.seconds, 3),
        versions=result.versions,
        run={"instance": instance.name},
    )
    try:
        arguments.replay.write_bytes(written.packed())
    except OSError as error:
        raise _Refused([f"{arguments.replay}: {error.strerror or error}"]) from error


def _replay(arguments: argparse.Namespace) -> int:
    should_stop = listen()
    if arguments.output is not None:
        _need_folder(arguments.output)
    progress = None if arguments.quiet else _Progress("text")
    try:
        return replay_command.replay(arguments, progress, should_stop)
    except replay_command.NotReplayable as refused:
        raise _Refused(refused.faults) from refused


def _summary(result: Result) -> dict[str, Any]:
    plan = result.solution
    summary: dict[str, Any] = {
        "status": result.status.value,
        "score": result.score,
        "bound": result.bound,
        "gap": result.gap,
        "seconds": round(time.monotonic() - _STARTED, 2),
        "seats": None if plan is None else len(plan.seats),
        "classes_running": None if plan is None else len(plan.options),
        "peak_mb": _peak_mb(result.peak_mb),
    }
    if plan is None:  # otherwise they are in the file of the plan
        summary["versions"] = result.versions
    if result.start_used is not None:
        summary["start_used"] = result.start_used
    if result.conflict:
        summary["conflict"] = [member.words for member in result.conflict]
        summary["conflict_members"] = [_member(member) for member in result.conflict]
    return summary


def _member(member: Conflict) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": member.rule, "where": list(member.where)}
    if member.lost is not None:
        told["lost"] = [{"need": seat.need, "option": seat.option} for seat in member.lost]
    return told


def _check(arguments: argparse.Namespace) -> int:
    instance = _instance(arguments.instance)
    solution = _solution(arguments.solution)
    found = _told_violations(instance, solution)
    _say(
        {
            "feasible": not found,
            "score": score(instance, solution.options, solution.seats),
            "seats": len(solution.seats),
            "classes_running": len(set(solution.options)),
            "violations": [{"rule": v.rule, "where": v.where, "message": v.message} for v in found],
        }
    )
    return 1 if found else 0


def _left(arguments: argparse.Namespace) -> float:
    limit: float = arguments.time_limit
    return limit - (time.monotonic() - _STARTED)


def _of_plan(arguments: argparse.Namespace) -> int:
    """Run `explain` or `prices`: both need a plan that keeps all rules."""
    progress = getattr(arguments, "progress", None)
    on_stage = _Progress(progress).begins if progress else lambda stage: None
    on_stage("reading")
    instance, solution = _instance(arguments.instance), _solution(arguments.solution)
    need = getattr(arguments, "need", None)
    if need is not None and all(each.id != need for each in instance.needs):
        raise _Refused([f"--need: {need!r} is not among the needs of {arguments.instance}"])
    if _told_violations(instance, solution):
        return 1
    if arguments.command == "explain":
        told = plan_commands.explain(arguments, instance, solution, _left(arguments), on_stage)
    else:
        told = plan_commands.prices(arguments, instance, solution, _left(arguments))
    _say({**told, "seconds": round(time.monotonic() - _STARTED, 2)})
    return 0


def _worth(arguments: argparse.Namespace) -> int:
    worth_command.stage(worth_command.READING)
    instance, solution = _computable(arguments.instance), _solution(arguments.solution)
    _need_folder(arguments.output)
    if _told_violations(instance, solution):
        return 1
    told = worth_command.worth(arguments, instance, solution)
    _say({**told, "seconds": round(time.monotonic() - _STARTED, 2)})
    return 0


def _frontier(arguments: argparse.Namespace) -> int:
    should_stop = listen()
    instance = _computable(arguments.instance)
    _need_folder(arguments.output)
    said, written = plan_commands.frontier(arguments, instance, _left(arguments), should_stop)
    statuses = {point["status"] for point in said["points"]}
    found = any(point["score"] is not None for point in said["points"])
    if found:
        try:
            write_text(arguments.output, [dump(written), "\n"])
        except OSError as error:
            raise _Refused([f"{arguments.output}: {error.strerror or error}"]) from error
    _say({**said, "seconds": round(time.monotonic() - _STARTED, 2)})
    if found:
        return 0
    return 3 if statuses == {Status.INFEASIBLE.value} else 4


def _generate(arguments: argparse.Namespace) -> int:
    from solver.generate.province import generate
    from solver.generate.term import generate_term

    make = generate_term if arguments.shape == "term" else generate
    instance = make(
        trainees=arguments.trainees, classes=arguments.classes, seed=arguments.seed, options=arguments.options
    )
    try:
        write_instance(instance, arguments.output)
    except OSError as error:
        raise _Refused([f"{arguments.output}: {error.strerror or error}"]) from error
    _say(
        {
            "name": instance.name,
            "trainees": len(instance.trainees),
            "needs": len(instance.needs),
            "classes": len(instance.classes),
            "units": len(instance.units),
            "courses": len(instance.courses),
        }
    )
    return 0


def _bench(arguments: list[str]) -> int:
    """Run the bench, which is part of the tests: the peers are no part of the optimizer."""
    if importlib.util.find_spec("tests") is None or importlib.util.find_spec("tests.bench") is None:
        sys.stderr.write("The bench comes with the source (tests/bench); run this where the source is.\n")
        return 2
    return subprocess.run([sys.executable, "-m", "tests.bench", *arguments], check=False).returncode


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["bench"]:
        obey()
        return _bench(given[1:])
    parsed = _parser().parse_args(given)
    if parsed.command not in _STOPPABLE:
        obey()
    commands = {
        "solve": _solve,
        "replay": _replay,
        "check": _check,
        "explain": _of_plan,
        "prices": _of_plan,
        "worth": _worth,
        "frontier": _frontier,
        "generate": _generate,
    }
    try:
        return commands[parsed.command](parsed)
    except _Refused as refused:
        for fault in refused.faults:
            sys.stderr.write(fault + "\n")
        return 2
