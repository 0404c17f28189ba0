"""Tables in Markdown pages, made from the JSON files of evaluations."""

from __future__ import annotations

import json

import pytest
import renew_tables
from made_up import evaluation


@pytest.fixture
def renew(monkeypatch):
    """Runs the program on one page; its exit code."""

    def run(page, results):
        monkeypatch.setattr("sys.argv", ["renew_tables.py", str(page), "--results", str(results)])
        return renew_tables.main()

    return run


PAGE = """# Page

<!-- evaluations
one.json: [the fifteen objects, 100 / 99 / 98 / 93]
-->
an old table
<!-- end -->

After it.
"""


def test_a_page_gets_its_tables_from_the_files_and_keeps_the_rest(renew, tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(evaluation()))
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert renew(page, tmp_path) == 0
    text = page.read_text()
    assert "an old table" not in text
    assert text.endswith("After it.\n")
    row = next(line for line in text.splitlines() if line.startswith("| the fifteen"))
    figures = evaluation()["all"]
    assert f"| {100 * figures['success_2deg_2mm']:g} |" in row
    assert "| 100 / 99 / 98 / 93 |" in row
    again = text
    assert renew(page, tmp_path) == 0
    assert page.read_text() == again


@pytest.mark.parametrize("content", [None, "{}"])
def test_a_file_that_is_missing_or_another_leaves_the_page_as_it_is(renew, tmp_path, content, capsys):
    if content is not None:
        (tmp_path / "one.json").write_text(content)
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert renew(page, tmp_path) == 2
    assert "one.json" in capsys.readouterr().err
    assert page.read_text() == PAGE


FIGURES = """<!-- figures
columns:
  all.success_5deg_5mm: 5/5 [%]
  all.median_mm: median mm
  made.date: date
rows:
  one.json: everything
  one.json classes.0: KEYS
-->
<!-- end -->
"""


def test_a_table_shows_any_figures_of_any_file(renew, tmp_path):
    content = evaluation()
    page = tmp_path / "page.md"
    page.write_text(FIGURES.replace("  one.json classes.0: KEYS\n", ""))
    (tmp_path / "one.json").write_text(json.dumps(content))
    assert renew(page, tmp_path) == 0
    assert "| everything | 90 | 0.21 | 2030-01-02 |" in page.read_text()


def test_a_figure_that_a_file_does_not_have_is_named(renew, tmp_path, capsys):
    (tmp_path / "one.json").write_text(json.dumps(evaluation()))
    page = tmp_path / "page.md"
    page.write_text(FIGURES.replace("classes.0: KEYS", "classes.rod: rods"))
    before = page.read_text()
    assert renew(page, tmp_path) == 2
    assert "'all.success_5deg_5mm'" in capsys.readouterr().err
    assert page.read_text() == before


def test_a_row_with_a_star_stands_for_everything_there(renew, tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(evaluation()))
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- figures\ncolumns: {success_5deg_5mm: '5/5 [%]'}\n"
        "rows: {one.json classes.*: 'all {}s'}\n-->\n<!-- end -->\n"
    )
    assert renew(page, tmp_path) == 0
    assert "| all rods | 90 |\n| all plates | 90 |" in page.read_text()


def test_a_command_of_before_is_shown_with_the_options_of_today(renew, tmp_path):
    content = evaluation()
    content["made"]["command"] = "tacrefine evaluate --plant nominal --synthesis ideal --json one.json"
    (tmp_path / "one.json").write_text(json.dumps(content))
    page = tmp_path / "page.md"
    page.write_text("<!-- commands\none.json:\n-->\n<!-- end -->\n")
    assert renew(page, tmp_path) == 0
    assert "    tacrefine evaluate --plant nominal --model-based ideal --json one.json\n" in page.read_text()
