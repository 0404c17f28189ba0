"""What `tacrefine regrasp score` says of a model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from made_examples import OBJECTS, make_examples
from tacrefine.cli import main
from tacrefine.data.regrasp.dataset import ExampleSet, examples_entry, pack_examples
from tacrefine.data.sharded import INDEX
from tacrefine.errors import DataError
from tacrefine.evaluation.regrasp.scoring import predictions, score
from tacrefine.policy.regrasp.predictor import RegraspModel


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "unseen"
    folder.mkdir()
    shard = folder / "shard-00000.safetensors"
    shard.write_bytes(pack_examples(make_examples(100, seed=5), {"objects": OBJECTS}))
    (folder / INDEX).write_text(json.dumps({"shards": [examples_entry(shard)]}))
    return folder


@pytest.fixture(scope="module")
def model() -> RegraspModel:
    return RegraspModel.load()


def silent(done: int) -> None:
    del done


def test_each_example_gets_the_probability_that_it_gets_alone(model: RegraspModel, dataset: Path) -> None:
    examples = ExampleSet.load(dataset).examples
    found = predictions(model, examples, silent)
    for number in (0, 17, 99):
        one = examples[number]
        (wanted,) = model.success(model.encode(one.state), np.array([one.action], np.float32))
        assert found[number] == pytest.approx(wanted, abs=1e-5)


def test_the_command_counts_what_was_right_and_writes_it(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "score.json"
    assert main(["regrasp", "score", "--data", str(dataset), "--json", str(out)]) == 0
    row = json.loads(out.read_text())["datasets"]["unseen"]
    model, data = RegraspModel.load(), ExampleSet.load(dataset)
    right = (predictions(model, data.examples, silent) > 0.5) == data.examples.success
    assert row["accuracy"] == pytest.approx(right.mean())
    assert sum(each["share"] for each in row["reliability"]) == pytest.approx(1.0)
    assert (row["examples"], row["objects"]) == (100, len(OBJECTS))


def test_several_datasets_are_told_each_and_together(dataset: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "score.json", tmp_path / "other"
    other.mkdir()
    shard = other / "shard-00000.safetensors"
    shard.write_bytes(pack_examples(make_examples(50, seed=6), {"objects": OBJECTS}))
    (other / INDEX).write_text(json.dumps({"shards": [examples_entry(shard)]}))
    words = ["regrasp", "score", "--data", str(dataset), "--data", str(other), "--json", str(out)]
    assert main(words) == 0
    rows = json.loads(out.read_text())["datasets"]
    right = {name: row["accuracy"] * row["examples"] for name, row in rows.items()}
    assert right["all"] == pytest.approx(right["unseen"] + right["other"])


def test_a_model_is_not_scored_on_what_it_learned_from(model: RegraspModel, dataset: Path) -> None:
    data = ExampleSet.load(dataset)
    learned = {"datasets": [{"folder": "random", "sha256": data.checksum}]}
    told = RegraspModel(model.card.model_copy(update={"data": learned}), model._encoder, model._head)
    with pytest.raises(DataError, match="learned from this dataset"):
        score(told, data, silent)
