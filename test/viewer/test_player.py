"""A bag on a time line."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from made import HAND, START_NS, STORE, Story, feedback, packed, record, status, target
from test_adapted_bags import ADAPTER, foreign, told

from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import TACTILE
from tacrefine.errors import DataError
from tacrefine.geometry import transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.touch import SourceSettings
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.player import Player, one_bag, open_feed
from tacrefine.viewer.topics import BAG


def split_adapter(folder: Path) -> Path:
    """The file for a robot that publishes touch in two topics, half of the pads in each."""
    half = len(HAND.pads) // 2
    touch = [
        {
            "topic": f"/skin_{number}",
            "type": TACTILE.type,
            "unit": "normalized",
            "pads": {pad.name: f"pads[{index}].data" for index, pad in enumerate(pads)},
        }
        for number, pads in enumerate((HAND.pads[:half], HAND.pads[half:]))
    ]
    file = folder / "split.yaml"
    file.write_text(yaml.safe_dump({"touch": touch}))
    return file


def split(path: Path, story: Story) -> None:
    """The story with touch in two topics."""
    recording = BagRecording(path)
    half = len(HAND.pads) // 2
    for topic, at, data in story.messages:
        parts = {f"/{topic.name}": data}
        if topic is TACTILE:
            message = STORE.deserialize_cdr(data, topic.type)
            pads = message.pads
            parts = {}
            for number, some in enumerate((pads[:half], pads[half:])):
                message.pads = some
                parts[f"/skin_{number}"] = packed(topic, message)
        for name, part in parts.items():
            recording.add(name, topic.type)
            recording.write(name, at, part)
    recording.close()


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    story = Story()
    story.say(target("shown", "rod_8", transform(), START_NS)).say(feedback(3, START_NS))
    story.grasp(np.zeros(6)).say(status(3, 4, story.now)).grasp([0.0, 0.0, 0.002, 0.0, 0.0, 0.0])
    return record(tmp_path / "bag", story, {"hand": "five_finger"})


def played(bag: Path) -> tuple[Player, Feed]:
    feed = Feed(load_hand(), load_objects(), topics=BAG)
    player = Player(bag, feed)
    with player:
        player.wait()
    return player, feed


def test_every_moment_of_a_bag_can_be_shown_forth_and_back(bag: Path) -> None:
    player, feed = played(bag)
    state = feed.state
    assert player.duration == pytest.approx(3.0, abs=0.2)
    player.seek(0.0)
    assert state.target is not None
    assert state.goals.goal is not None
    assert state.goals.goal.is_running
    player.seek(0.9)
    assert state.tactile is not None
    held = state.tactile.mean()
    assert held > 0.1
    player.seek(1.45)
    assert state.tactile.mean() < 0.01
    assert state.goals.goal.headline == "settling"
    player.seek(player.duration)
    assert player.is_at_end
    assert state.goals.goal.headline == "succeeded"
    player.seek(0.9)
    assert state.goals.goal.is_running
    assert state.tactile.mean() == held


def test_rates_are_those_of_the_recording_though_pictures_need_fewer_messages(bag: Path) -> None:
    player, feed = played(bag)
    for moment in np.arange(0.0, 2.5, 0.05):
        player.seek(float(moment))
    assert feed.state.inputs[TACTILE].rate(player.time) == pytest.approx(100.0, rel=0.1)


def test_a_jump_shows_the_same_as_playing_up_to_there(tmp_path: Path) -> None:
    story = Story()
    for _ in range(12):
        story.grasp(np.zeros(6), seconds=0.6)
    bag = record(tmp_path / "long", story, {"hand": "five_finger"})
    slow, watched = played(bag)
    for moment in np.arange(0.0, slow.duration, 0.3):
        slow.seek(float(moment))
    slow.seek(slow.duration - 0.7)
    fast, jumped = played(bag)
    fast.seek(slow.time)
    for name in ("tactile", "joints", "wrist"):
        np.testing.assert_array_equal(getattr(jumped.state, name), getattr(watched.state, name))
    assert jumped.state.inputs[TACTILE].count == watched.state.inputs[TACTILE].count


def test_the_hand_is_the_one_that_is_named_or_else_the_one_that_the_bag_was_recorded_with(
    bag: Path, tmp_path: Path
) -> None:
    other = record(tmp_path / "other", Story().grasp(np.zeros(6)), {"hand": "inspire_rh56dftp"})
    for path, named, shown in (
        (bag, "", "five_finger"),
        (other, "", "inspire_rh56dftp"),
        (other, "five_finger", "five_finger"),
    ):
        assert open_feed(path, named, {}, SourceSettings()).state.hand.name == shown


def shown_at(path: Path, settings: SourceSettings, moment: float) -> tuple:
    feed = open_feed(path, "", load_objects(), settings)
    with Player(path, feed) as player:
        player.wait()
        player.seek(moment)
    state = feed.state
    assert not [entry.problem for entry in state.inputs.values() if entry.problem]
    return state.tactile, state.joints, state.wrist


@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_bag_of_another_robot_shows_the_same_through_its_adapter(tmp_path: Path, is_recorded: bool) -> None:
    story, text = told(), yaml.safe_dump(ADAPTER)
    usual = record(tmp_path / "usual", story, {"hand": "five_finger"})
    theirs = foreign(tmp_path / "theirs", story, **({"adapter": text} if is_recorded else {}))
    file = tmp_path / "robot.yaml"
    file.write_text(text)
    settings = SourceSettings() if is_recorded else SourceSettings(adapter=str(file))
    for moment in (0.05, 1.1, 3.0):
        expected = shown_at(usual, SourceSettings(), moment)
        for value, wanted in zip(shown_at(theirs, settings, moment), expected, strict=True):
            np.testing.assert_allclose(value, wanted, atol=1e-6)


def test_touch_that_is_merged_by_stamps_survives_a_jump(tmp_path: Path) -> None:
    path, story = tmp_path / "split", Story()
    for _ in range(4):
        story.grasp(np.zeros(6), seconds=0.6)
    split(path, story)
    feed = open_feed(path, "", load_objects(), SourceSettings(adapter=str(split_adapter(tmp_path))))
    with Player(path, feed) as player:
        player.wait()
        for moment in (0.8, player.duration, 0.8):
            player.seek(moment)
    touched = feed.state.tactile
    assert touched is not None
    assert np.isfinite(touched).all()
    assert touched.mean() > 0.1


def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, bag: Path) -> None:
    with pytest.raises(DataError, match="no such bag or folder"):
        one_bag(tmp_path / "nothing")
    record(tmp_path / "second", Story().grasp(np.zeros(6)))
    with pytest.raises(DataError, match="holds 2 bags; name one of them"):
        one_bag(tmp_path)
    assert one_bag(bag) == bag
    strange = BagRecording(tmp_path / "strange")
    strange.add("/skin", TACTILE.type)
    strange.close()
    with pytest.raises(
        DataError, match=r"holds none of the topics tactile, .*it has /skin\..*or give an adapter"
    ):
        open_feed(tmp_path / "strange", "", {}, SourceSettings())
