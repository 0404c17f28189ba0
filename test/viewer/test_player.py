"""A bag on a time line."""

from pathlib import Path

import numpy as np
import pytest
from made import START_NS, Story, feedback, record, status, target

from tacrefine.bags.schemas import TACTILE
from tacrefine.errors import DataError
from tacrefine.geometry import transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.player import Player, one_bag, recorded_hand
from tacrefine.viewer.topics import BAG


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


def test_the_hand_is_the_one_that_the_bag_was_recorded_with(bag: Path) -> None:
    assert recorded_hand(bag) == "five_finger"


def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, bag: Path) -> None:
    with pytest.raises(DataError, match="no such bag or folder"):
        one_bag(tmp_path / "nothing")
    record(tmp_path / "second", Story().grasp(np.zeros(6)))
    with pytest.raises(DataError, match="holds 2 bags; name one of them"):
        one_bag(tmp_path)
    assert one_bag(bag) == bag
