"""A table becomes a dataset, or one sentence says why not."""

from __future__ import annotations

import json

import made_presses as made
import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.data.presses.dataset import read_presses, write_presses
from tacrefine.data.presses.description import TableDescription, load_table_description
from tacrefine.data.presses.presses import presses_of
from tacrefine.data.presses.table import Table, read_table
from tacrefine.errors import ConfigError, DataError


def imported(path, **changes):
    return presses_of(read_table(path), TableDescription.model_validate(made.DESCRIPTION | changes))


def test_readings_lose_their_rest_and_coordinates_become_metres(tmp_path):
    where = made.places(40)
    presses = imported(made.table(tmp_path / "t.csv", where))
    expected = (made.sensed(where, 1.0) - 40.0) / 500.0
    np.testing.assert_allclose(presses.readings, expected, atol=1e-6)
    np.testing.assert_allclose(presses.coordinates, where * 1e-3, atol=1e-8)
    assert presses.groups.tolist() == sorted(presses.groups.tolist())
    assert len(np.unique(presses.groups)) == 4


def test_the_command_writes_a_dataset_that_reads_back_the_same(tmp_path, capsys):
    table = made.table(tmp_path / "t.csv", made.places(40))
    told = made.description(tmp_path / "t.yaml")
    code = main(
        ["data", "import", str(table), "--description", str(told), "--out", str(tmp_path / "d"),
         "--json", str(tmp_path / "f.json")]
    )  # fmt: skip
    assert code == 0
    assert "40 presses in 4 groups" in capsys.readouterr().out
    presses, _ = read_presses(tmp_path / "d")
    np.testing.assert_array_equal(presses.readings, imported(table).readings)
    assert presses.description == load_table_description(told)
    assert json.loads((tmp_path / "f.json").read_text())["presses"] == 40
    assert json.loads((tmp_path / "d" / "dataset.json").read_text())["kind"] == "labelled presses"


def test_csv_npz_and_parquet_give_the_same_presses(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    csv = made.table(tmp_path / "t.csv", made.places(40))
    columns = dict(read_table(csv).columns)
    np.savez(tmp_path / "t.npz", **{k: v.astype(str) if v.dtype == object else v for k, v in columns.items()})
    parquet.write_table(pyarrow.table({k: v.tolist() for k, v in columns.items()}), tmp_path / "t.parquet")
    first = imported(csv)
    for name in ("t.npz", "t.parquet"):
        other = imported(tmp_path / name)
        np.testing.assert_array_equal(other.readings, first.readings)
        np.testing.assert_array_equal(other.groups, first.groups)


def test_an_array_of_an_npz_file_stands_for_all_of_its_columns(tmp_path):
    where = made.places(40)
    np.savez(tmp_path / "t.npz", field=made.sensed(where), place=where)
    presses = imported(
        tmp_path / "t.npz",
        taxels={"columns": "field", "components": 3},
        coordinates=[{"name": "x", "column": "place[0]", "unit": "mm"}],
        group_by=[],
        group_rows=10,
    )
    assert presses.readings.shape == (40, 9)
    assert presses.groups.tolist() == [i // 10 for i in range(40)]


def test_a_coordinate_that_lags_is_moved_up_within_its_group():
    n = 30
    touch = np.arange(n, dtype=float)
    table = Table("t", {"a": touch, "force": np.where(touch % 15 >= 2, touch - 1.5, -1.0)})
    told = TableDescription.model_validate(
        {
            "name": "cell",
            "taxels": {"columns": "a"},
            "coordinates": [{"name": "f", "column": "force", "unit": "N", "lag": 1.5, "missing": -1}],
            "group_rows": 15,
        }
    )
    presses = presses_of(table, told)
    np.testing.assert_allclose(presses.coordinates[:, 0], presses.readings[:, 0])
    assert 0 < len(presses) < n
    assert "no label" in presses.notes[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"taxels": {"columns": ["m0_x", "mag"]}}, "no column 'mag'"),
        ({"taxels": {"columns": ["m0_x", "m0_y"], "components": 3}}, "no whole number of taxels"),
        ({"taxels": {"columns": "m*", "components": 3, "rest": [1, 2]}}, "has 2 numbers for 9 columns"),
        ({"taxels": {"columns": "m*", "components": 3, "places": [[0, 0, 0]]}}, "'taxels.places' has 1"),
        ({"taxels": {"columns": ["session"]}}, "column 'session' holds something else than numbers"),
        ({"coordinates": [{"name": "x", "column": "place", "unit": "mm"}]}, "no column 'place'"),
    ],
)
def test_a_table_that_does_not_fit_its_description_gets_one_sentence(tmp_path, changes, expected):
    with pytest.raises(DataError, match=expected):
        imported(made.table(tmp_path / "t.csv", made.places(40)), **changes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda v: v.__setitem__((3, 1), np.nan), "row 3 of column 'a1' is nan"),
        (lambda v: v.__setitem__((slice(None), 2), 7.0), "column 'a2' never changes"),
    ],
)
def test_values_that_cannot_be_learned_from_get_one_sentence(change, expected):
    values = np.random.default_rng(0).random((20, 3))
    change(values)
    columns = {f"a{i}": values[:, i] for i in range(3)} | {"px": np.arange(20.0)}
    told = TableDescription.model_validate(
        {
            "name": "s",
            "taxels": {"columns": "a*"},
            "coordinates": [{"name": "x", "column": "px", "unit": "mm"}],
        }
    )
    with pytest.raises(DataError, match=expected):
        presses_of(Table("t", columns), told)


def test_too_few_rows_get_one_sentence(tmp_path):
    with pytest.raises(DataError, match="has 5 labelled rows; needed are at least 10"):
        imported(made.table(tmp_path / "t.csv", made.places(5)))


def test_a_table_without_rows_gets_one_sentence_even_where_no_labels_are_needed(tmp_path):
    told = TableDescription.model_validate(made.DESCRIPTION)
    with pytest.raises(DataError, match="has no rows"):
        presses_of(read_table(made.table(tmp_path / "t.csv", made.places(0))), told, labelled=False)


def test_an_unknown_unit_names_file_key_and_the_allowed_ones(tmp_path):
    path = made.description(tmp_path / "t.yaml", coordinates=[{"name": "x", "column": "px", "unit": "inch"}])
    with pytest.raises(ConfigError, match=r"t\.yaml: key 'coordinates\.0': unit must be one of m, cm, mm"):
        load_table_description(path)


def test_a_dataset_is_not_written_over_files_and_a_damaged_one_is_refused(tmp_path):
    path = made.table(tmp_path / "t.csv", made.places(40))
    presses = imported(path)
    write_presses(presses, path, tmp_path / "d")
    with pytest.raises(DataError, match="holds files already"):
        write_presses(presses, path, tmp_path / "d")
    shard = tmp_path / "d" / "shard-000000.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="corrupt"):
        read_presses(tmp_path / "d")


def test_a_file_of_another_kind_gets_one_sentence(tmp_path, capsys):
    (tmp_path / "t.xlsx").write_text("")
    told = made.description(tmp_path / "t.yaml")
    code = main(
        ["data", "import", str(tmp_path / "t.xlsx"), "--description", str(told), "--out", str(tmp_path / "d")]
    )
    assert code == 2
    assert "allowed are .csv, .npz, .parquet" in capsys.readouterr().err
