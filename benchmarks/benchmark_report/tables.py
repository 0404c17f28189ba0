"""Tables of evaluations in Markdown pages, made anew from their JSON files by `python benchmarks/renew_tables.py`.

A page holds blocks such as::

    <!-- evaluations
    nominal.json: [the fifteen objects, 100 / 99.7 / 98 / 93]
    hard.json: a robot that training never saw
    -->
    (the table)
    <!-- end -->

Each line is a file in the folder of results and what to call it, with the goal beside it where there is one. `classes`
instead of `evaluations` makes a row for each class of objects, `commands` a list of the commands that wrote the files.
`figures` shows any numbers of any files::

    <!-- figures
    columns: {all.reached_5deg_5mm: "5/5 [%]", all.mean_mm: mean mm}
    rows: {nominal.json: the fifteen objects, hard.json: a robot that training never saw}
    -->

where a column names a figure by its keys with dots between them, and a row may go on after its file in the same way
(`tracking.json plants.hard`); one that ends with `.*` stands for everything there, `{}` in its words for each one's
name. Columns whose head holds a % show fractions in percent.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from benchmark_report.figures_table import figures_table
from tacrefine.bringup.renamed import PARAMETERS
from tacrefine.errors import DataError
from tacrefine.report.contents import Evaluation, Figures
from tacrefine.report.words import THRESHOLDS, evaluate_command, number, percent

BLOCK = re.compile(r"(<!-- (evaluations|classes|commands|figures)\n(.*?)\n-->\n).*?(<!-- end -->)", re.DOTALL)
SHOWN = [key for key in THRESHOLDS if key != "success_5deg_10mm"]
HEADS = ["10/10", "5/5", "2/2", "1/1"]


def renew(page: Path, results: Path) -> None:
    """Write the page again with all its blocks made from the files in `results`.

    Raises DataError where the page, a block or one of its files cannot be read; the page then stays as it is.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{page}: cannot be read ({error.strerror}).") from error
    new = BLOCK.sub(lambda block: f"{block[1]}{_table(block[2], block[3], page, results)}\n{block[4]}", text)
    page.write_text(new, encoding="utf-8")


def _command(content: Evaluation) -> str:
    """The command that wrote a file, with the options as they are called today."""
    today = {f"--{old}".replace("_", "-"): f"--{new}".replace("_", "-") for old, new in PARAMETERS.items()}
    words = (content.made.command or evaluate_command(content)).split(" ")
    return " ".join(today.get(word, word) for word in words)


def _table(kind: str, listed: str, page: Path, results: Path) -> str:
    try:
        files = yaml.safe_load(listed)
    except yaml.YAMLError:
        files = None
    if not isinstance(files, dict):
        raise DataError(f"{page}: a block '{kind}' must list 'FILE.json: words' line by line.")
    if kind == "figures":
        return figures_table(files, page, results)
    rows = [(_read(results / name), *_words(words)) for name, words in files.items()]
    if kind == "commands":
        return "\n".join(f"    {_command(content)}" for content, *_ in rows)
    with_goal = any(goal for *_, goal in rows) and kind == "evaluations"
    heads = ["setting", *(["class"] if kind == "classes" else ["trials"]), *HEADS]
    heads += [*(["goal"] if with_goal else []), "median mm, deg", "95 % within mm, deg"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for content, label, goal in rows:
        if kind == "classes":
            lines += [_line([label, name, *_cells(row)]) for name, row in content.classes.items()]
        else:
            lines.append(
                _line([label, str(content.all.trials), *_cells(content.all, [goal] if with_goal else [])])
            )
    return "\n".join(lines)


def _words(words: Any) -> tuple[str, str]:
    """What a file is called, and its goal."""
    if isinstance(words, list):
        return str(words[0]), " ".join(str(word) for word in words[1:])
    return str(words), ""


def _cells(row: Figures, goal: list[str] | None = None) -> list[str]:
    ends = [
        f"{number(row.median_mm)}, {number(row.median_deg)}",
        f"{number(row.p95_mm)}, {number(row.p95_deg)}",
    ]
    return [*(percent(getattr(row, key)) for key in SHOWN), *(goal or []), *ends]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _read(path: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise DataError(f"{path}: is no file of 'tacrefine evaluate'.") from error
