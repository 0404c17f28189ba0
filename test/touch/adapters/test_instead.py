"""What is there in the place of a topic that does not come."""

from __future__ import annotations

from tacrefine.touch.adapters.instead import not_received, what_instead

THERE = {"/skin": "a/msg/Skin", "/arm/pose": "geometry_msgs/msg/PoseStamped", "/rosout": "x/msg/Log"}


def test_a_topic_that_is_there_needs_no_word():
    assert what_instead("/skin", ["a/msg/Skin"], THERE) == ""


def test_another_type_another_name_and_nothing_alike_are_told_apart():
    assert what_instead("/skin", ["b/msg/Tip"], THERE) == "topic /skin is of type a/msg/Skin, not b/msg/Tip"
    same = what_instead("/skim", ["a/msg/Skin"], THERE)
    assert same == "there is no topic /skim; of type a/msg/Skin there is /skin"
    assert what_instead("/x", ["b/msg/Tip"], THERE) == "there is no topic /x; there is /arm/pose, /skin"
    assert what_instead("/x", ["b/msg/Tip"], {}) == "there is no topic /x; there is no other either"


def test_a_silent_publisher_is_named():
    assert not_received("/skin", "a/msg/Skin", {"/driver": "a/msg/Skin"}, THERE) == (
        "/skin: /driver publishes it, but nothing comes"
    )
