"""The import directions of docs/architecture.md, read from the code itself."""

import ast
from collections.abc import Sequence
from pathlib import Path

from tests import house
from training.features import ORDER

ROOT = Path(__file__).resolve().parent.parent

# Inside a feature a file may import those that stand before it.
LAYERS = ("models", "reasons", "snapshot", "queries", "operations", "jobs", "forms", "views")
# What every feature is built on, and knows none of them. Its own order follows from `test_no_circles`.
BASE = ("embedded", "core", "labels", "files", "web", "running")
# What puts the application together may import every feature.
TOP = {
    "__init__", "cli", "demo", "features", "files.sealing", "running.backup", "running.schema", "web.kept_forms",
    "web.security",
}  # fmt: skip
# Never anybody's but the feature's own.
PRIVATE = {"views", "forms", "jobs"}


def _imports(path: Path) -> list[tuple[int, str]]:
    """(line, absolute dotted name) of everything that `path` imports; names imported from a package count as
    modules of it when they are."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: -node.level] if node.level else []
            stem = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                candidate = ROOT.joinpath(*stem, alias.name)
                is_module = candidate.is_dir() or candidate.with_suffix(".py").exists()
                found.append((node.lineno, ".".join([*stem, alias.name] if is_module else stem)))
    return found


def _is_top(parts: Sequence[str]) -> bool:
    return parts[0] in TOP or ".".join(parts[:2]) in TOP


def _wrong_in_training(path: Path) -> list[str]:
    parts = path.relative_to(ROOT / "training").with_suffix("").parts
    if _is_top(parts):
        return []
    wrong = []
    for line, name in _imports(path):
        target = name.split(".")
        fault = None
        if target[0] == "solver" and parts[0] != "planning":
            fault = "only planning/ may import the solver"
        elif target[0] in {"config", "wsgi"}:
            fault = "settings come from app.config"
        elif target[0] == "training" and len(target) > 1:
            other = target[1]
            if parts[0] not in ORDER:  # a base file
                if other in ORDER:
                    fault = "the base stands on no feature"
            elif _is_top(target[1:]):
                fault = f"{other} puts features together and is imported by none"
            elif other in ORDER and other != parts[0]:
                if ORDER.index(other) > ORDER.index(parts[0]):
                    fault = f"{other} is downstream of {parts[0]}"
                elif len(target) > 2 and target[2] in PRIVATE:
                    fault = f"{other}'s {target[2]} are its own"
            elif other == parts[0] and len(target) > 2 and len(parts) > 1:
                mine, its = parts[1], target[2]
                if mine in LAYERS and its in LAYERS and LAYERS.index(its) > LAYERS.index(mine):
                    fault = f"{its} stands after {mine} inside a feature"
        if fault:
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}: {fault}")
    return wrong


def test_imports_run_one_way() -> None:
    wrong = [fault for path in sorted((ROOT / "training").rglob("*.py")) for fault in _wrong_in_training(path)]
    assert not wrong, "\n".join(wrong)


def test_no_circles() -> None:
    assert house.circles() == []


def test_no_folder_is_crowded() -> None:
    assert house.crowded() == {}


def test_a_name_means_one_class() -> None:
    assert house.shared_names() == {}


def test_no_function_has_too_many_branches() -> None:
    assert house.branching_functions() == []


def test_solver_imports_nothing_of_ours() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in (ROOT / "solver").rglob("*.py")
        for line, name in _imports(path)
        if name.split(".")[0] in {"training", "config", "wsgi", "tests"}
    ]
    assert not wrong


def test_checker_does_without_the_optimizer() -> None:
    """What judges a plan shares no code with what makes it."""
    trusted = {
        "solver",
        "solver.instance.facts",
        "solver.instance.solution_file",
        "solver.check",
        "solver.state",
        "solver.days",
    }
    seen, waiting = set(), {"solver.check"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        for _line, target in _imports(path) if path.exists() else []:
            assert target.split(".")[0] not in {"ortools", "numpy", "scipy"}, f"{name} imports {target}"
            if target.startswith("solver") and target not in seen:
                waiting.add(target)
    assert seen <= trusted, seen - trusted


def test_no_import_hides_in_a_function() -> None:
    """An import inside a function hides a circle; those of costly optional parts say so in a comment."""
    wrong = []
    for path in sorted((ROOT / "training").rglob("*.py")):
        lines = path.read_text().splitlines()
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import | ast.ImportFrom) and "#" not in lines[node.lineno - 1]:
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, wrong


def test_tree_and_order_agree() -> None:
    folders = {p.name for p in (ROOT / "training").iterdir() if (p / "__init__.py").exists()}
    assert folders - {"demo", *BASE} == set(ORDER)


def test_readme_names_only_what_exists() -> None:
    """Paths in the README's map exist: a newcomer who follows it arrives."""
    text = (ROOT / "README.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    paths = {word for line in table for word in line.split("`")[1::2] if "/" in word and " " not in word}
    paths = {word for word in paths if word.split("/")[0] in {"training", "solver", "tests", "docs", "templates"}}
    assert paths
    assert not {path for path in paths if not (ROOT / path.split(":")[0]).exists()}
