"""A bag of foreign topics is replayed as the usual messages, through the adapter's file or the one it holds."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from made import HAND, STORE
from test_adapted_bags import ADAPTER, foreign, told

from tacrefine.bags.replay import check_playable, play
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST
from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.errors import DataError

TOPICS = (TACTILE, JOINTS, WRIST)


@pytest.mark.parametrize("where", ["file", "metadata"])
def test_the_same_messages_come_out_as_of_a_robot_with_usual_topics(tmp_path, where):
    story = told(0.1)
    file = tmp_path / "my_robot.yaml"
    file.write_text(yaml.safe_dump(ADAPTER))
    custom = {"adapter": file.read_text()} if where == "metadata" else {}
    path = foreign(tmp_path / "bag", story, **custom)
    adapter = str(file) if where == "file" else ""
    check_playable(path, TOPICS, HAND, adapter)
    played = list(play(path, TOPICS, HAND, adapter))
    assert len(played) == len(story.messages)
    for due, (topic, at, data) in zip(played, story.messages, strict=True):
        assert (due.topic, due.stamp) == (topic, at)
        there, here = (STORE.deserialize_cdr(each, topic.type) for each in (data, due.data))
        if topic is TACTILE:
            pads = {pad.name: pad for pad in here.pads}
            assert all(np.allclose(pads[pad.name].data, pad.data, atol=1e-4) for pad in there.pads)
        elif topic is JOINTS:
            assert (here.name, here.position.tolist()) == (there.name, there.position.tolist())
        else:
            assert here.pose.position.x == pytest.approx(there.pose.position.x)
            assert here.header.frame_id == "base"


def test_without_an_adapter_it_cannot_be_replayed(tmp_path):
    with pytest.raises(DataError, match="no messages on tactile; it cannot be replayed"):
        check_playable(foreign(tmp_path / "bag", told(0.1)), TOPICS, HAND)


def test_the_driver_reads_through_the_adapter_and_the_other_nodes_hear_usual_topics():
    replayed = describe(Arguments(mode="real", driver="replay", adapter="float32_multi_array"))
    told = {node.executable: node.parameters.get("adapter") for node in replayed}
    assert told == {"driver": "float32_multi_array", "policy": "", "refine_server": ""}
    real = describe(Arguments(mode="real", adapter="float32_multi_array"))
    assert {node.parameters["adapter"] for node in real} == {"float32_multi_array"}
