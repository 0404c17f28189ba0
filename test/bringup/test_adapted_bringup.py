"""What an adapter changes for those who start, secure and record: topics of the robot instead of the usual ones."""

from __future__ import annotations

import pytest

from tacrefine.bags.command import rosbag2_command
from tacrefine.bringup import interfaces
from tacrefine.bringup.arguments import parse
from tacrefine.bringup.description import describe
from tacrefine.bringup.security import of_bringup
from tacrefine.errors import ConfigError

USUAL = {"tactile", "joint_states", "wrist_pose"}


def test_nodes_use_the_topics_of_the_adapter_and_no_others():
    told = {"adapter": "float32_multi_array"}
    assert USUAL & set(interfaces.policy({}).subscribe) == {"tactile", "joint_states"}
    assert {"/tactile_raw", "/joint_states"} <= set(interfaces.policy(told).subscribe)
    server = set(interfaces.refine_server(told).subscribe)
    assert {"/tactile_raw", "/joint_states", "/tf", "/tf_static"} <= server
    assert not USUAL & server
    assert {"/tactile_raw", "tactile"} <= set(interfaces.recorder(told).subscribe)
    only_touch = set(interfaces.refine_server({"adapter": "xela_server_ros2"}).subscribe)
    assert {"/xServTopic", "joint_states", "wrist_pose"} <= only_touch


def test_security_policies_of_a_bringup_allow_the_topics_of_its_adapter():
    nodes = describe(parse({"mode": "real", "adapter": "float32_multi_array"}))
    policies = of_bringup(nodes)
    assert "<topic>/tactile_raw</topic>" in policies["tacrefine_policy.policy.xml"]
    assert "<topic>wrist_pose</topic>" not in policies["refine_server.policy.xml"]


def test_rosbag2_records_the_topics_of_the_adapter_and_keeps_its_text():
    words = rosbag2_command(bag="b", adapter="float32_multi_array", namespace="left")
    assert {"/tactile_raw", "/joint_states", "/tf", "/left/tactile"} <= set(words)
    assert any(word.startswith("adapter=# A plain Float32MultiArray") for word in words)


def test_an_adapter_that_is_not_there_is_one_sentence():
    with pytest.raises(ConfigError, match=r"No adapter named 'nosuch'; known: .*paxini_ros2"):
        interfaces.policy({"adapter": "nosuch"})
