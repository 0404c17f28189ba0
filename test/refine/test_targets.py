"""Targets on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tacrefine.errors import DataError
from tacrefine.geometry import transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.refine.capture import Capture
from tacrefine.refine.targets import StoredTarget, TargetStore
from tacrefine.supervision.errors import NoContact, UnknownTarget
from tacrefine.touch import PadReading, TouchFrame, frame_from_arrays


@pytest.fixture(scope="module")
def hand():
    return load_hand()


def readings(hand, tactile):
    return [
        PadReading(pad.name, pad.rows, pad.cols, 1, tactile[part])
        for pad, part in zip(hand.pads, hand.pad_slices, strict=True)
    ]


@pytest.fixture(scope="module")
def target(hand) -> StoredTarget:
    tactile = np.full(hand.taxel_count, 0.25, np.float32)
    tactile[7] = np.nan
    joints = {name: 0.1 * i for i, name in enumerate(hand.joint_names)}
    capture = Capture(hand, 3)
    for _ in range(3):
        capture.add(frame_from_arrays(hand, readings(hand, tactile), joints))
    assert capture.is_full
    obj = next(iter(load_objects().values()))
    return capture.target("shown", obj, 12.5, "base", transform((0.1, 0.2, 0.3), (0, 0.5, 0)))


def test_a_target_comes_back_as_it_was_saved(target, tmp_path):
    store = TargetStore(tmp_path / "new" / "folder")
    store.save(target)
    again = store.load("shown")
    assert again == target
    assert again.id == target.id
    assert store.names() == ["shown"]


def test_a_dead_taxel_stays_dead_and_the_rest_is_the_mean(target, hand):
    pads = [PadReading(p.name, p.rows, p.cols, 1, p.array()) for p in target.pads]
    frame: TouchFrame = frame_from_arrays(hand, pads, target.joints)
    assert np.isnan(frame.tactile[7])
    assert np.nansum(np.abs(frame.tactile - 0.25)) < 1e-5


def test_a_loose_grasp_is_no_target(hand):
    with pytest.raises(NoContact, match="thumb"):
        Capture(hand, 1).add(
            TouchFrame(np.zeros(hand.taxel_count, np.float32), np.zeros(len(hand.joint_names), np.float32))
        )


def test_a_taken_name_is_only_replaced_when_asked(target, tmp_path):
    store = TargetStore(tmp_path)
    store.save(target)
    with pytest.raises(DataError, match="overwrite"):
        store.save(target)
    changed = target.model_copy(update={"stamp": 99.0})
    store.save(changed, overwrite=True)
    assert store.load("shown").stamp == 99.0
    assert changed.id != target.id


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/passwd", "", ".x", "-x", "x" * 65, "a b", "a\n"])
def test_names_that_are_paths_or_odd_are_refused(target, tmp_path, name):
    store = TargetStore(tmp_path)
    with pytest.raises(UnknownTarget, match="not allowed"):
        store.load(name)
    with pytest.raises(DataError, match="not allowed"):
        store.save(target.model_copy(update={"name": name}))
    assert not list(tmp_path.iterdir())


def test_an_unknown_name_lists_the_known_ones(target, tmp_path):
    store = TargetStore(tmp_path)
    store.save(target)
    with pytest.raises(UnknownTarget, match="known: shown"):
        store.load("other")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda d: d.pop("joints"), "joints"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d["pads"][0]["data"].pop(), "readings"),
        (lambda d: d.update(format="tacrefine-target-99"), "format"),
        (lambda d: d.update(name="another"), "another"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(target, tmp_path, spoil, word):
    store = TargetStore(tmp_path)
    path = store.save(target)
    content = json.loads(path.read_text())
    spoil(content)
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=word) as caught:
        store.load("shown")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_json_is_named(target, tmp_path):
    (tmp_path / "shown.json").write_text("{half")
    with pytest.raises(DataError, match=r"shown\.json"):
        TargetStore(tmp_path).load("shown")


def test_a_failed_write_leaves_the_old_target_and_no_draft(target, tmp_path, monkeypatch):
    store = TargetStore(tmp_path)
    store.save(target)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(DataError, match="No space left"):
        store.save(target.model_copy(update={"stamp": 1.0}), overwrite=True)
    assert store.load("shown") == target
    assert [path.name for path in tmp_path.iterdir()] == ["shown.json"]
