"""How the house stands, in figures: `python -m tests.house`.

Prints for `training/` and `solver/`: folders with more modules than one looks through at a glance, modules that
import each other in a circle, names that two classes share, words in docstrings that are no plain English, long
functions, functions with many branches, and the lines of the web application.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ("training", "solver")
MOST_MODULES = 15  # in one folder, `__init__.py` aside
LONGEST = 60  # lines of a function
MOST_BRANCHES = 20  # cyclomatic complexity of a function (McCabe 1976), as ruff counts it
UNPLAIN = ("whoever", "told", "stands", "in the way", "by hand")


def modules() -> list[Path]:
    """The modules of the product."""
    return sorted(path for name in CODE for path in (ROOT / name).rglob("*.py"))


def crowded() -> dict[str, int]:
    """Folder → its modules, where those are too many."""
    count = Counter(
        str(path.parent.relative_to(ROOT)) for path in modules() if path.name not in {"__init__.py", "__main__.py"}
    )
    return {folder: many for folder, many in sorted(count.items()) if many > MOST_MODULES}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, known: set[str]) -> set[str]:
    """The modules of ours that `path` imports, also within its functions."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: -node.level] if node.level else []
            stem = ".".join([*base, *(node.module.split(".") if node.module else [])])
            found |= {f"{stem}.{each.name}" if f"{stem}.{each.name}" in known else stem for each in node.names}
    return found & known


def circles() -> list[list[str]]:
    """Modules that import each other in a circle; one circle of each tangle."""
    paths = {_name(path): path for path in modules()}
    graph = {name: _imported(path, set(paths)) - {name} for name, path in paths.items()}
    found = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            found.append(circle)
            graph[circle[0]] = graph[circle[0]] - {circle[1]}
        else:
            return found


def shared_names() -> dict[str, list[str]]:
    """Name of a class → the modules that have one of that name, where one of the two programs has several.

    The optimizer does without the web application, and what both know has one name: a need is a `Need` in both.
    """
    where = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[_name(path).split(".")[0], node.name].append(_name(path))
    return {name: places for (_program, name), places in sorted(where.items()) if len(places) > 1}


def _functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def long_functions() -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, node in _functions()
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST
    ]


def branching_functions() -> list[str]:
    done = subprocess.run(
        [
            sys.executable, "-m", "ruff", "check", "--isolated", "--select", "C901", "--output-format", "concise",
            "--config", f"lint.mccabe.max-complexity={MOST_BRANCHES}", *CODE,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if "C901" in line]


def unplain_words() -> Counter[str]:
    """Word → how often docstrings say it."""
    pattern = re.compile("|".join(rf"\b{word}\b" for word in UNPLAIN), re.IGNORECASE)
    found: Counter[str] = Counter()
    for path in modules():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.update(word.lower() for word in pattern.findall(ast.get_docstring(node) or ""))
    return found


def lines() -> dict[str, int]:
    """Kind of file → lines of the web application that are not empty, without the demo and the catalogues."""
    found: Counter[str] = Counter()
    for folder in ("training", "templates"):
        for path in (ROOT / folder).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if {"demo", "translations", "vendor"} & set(parts) or path.suffix not in {
                ".py",
                ".html",
                ".js",
                ".css",
            }:
                continue
            if ".min." not in path.name:
                found[path.suffix] += sum(1 for line in path.read_text().splitlines() if line.strip())
    return dict(found)


def main() -> None:
    print(f"folders with more than {MOST_MODULES} modules: {crowded() or 0}")
    found = circles()
    print(f"circles of imports: {len(found)}", *(" → ".join(each) for each in found), sep="\n  ")
    shared = shared_names()
    print(
        f"names of classes used twice: {len(shared)}",
        *(f"{n}: {', '.join(p)}" for n, p in shared.items()),
        sep="\n  ",
    )
    words = unplain_words()
    print(f"words that are no plain English, in docstrings: {sum(words.values())} {dict(words)}")
    print(f"functions over {LONGEST} lines: {len(long_functions())}", *long_functions(), sep="\n  ")
    branching = branching_functions()
    print(f"functions of complexity over {MOST_BRANCHES}: {len(branching)}", *branching, sep="\n  ")
    counted = lines()
    print(f"lines of the web application that are not empty: {sum(counted.values())} {counted}")


if __name__ == "__main__":
    main()
