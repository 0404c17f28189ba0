"""Bags from before a message had all its fields: read as ever, and replayed in today's form."""

from __future__ import annotations

import contextlib
import sqlite3

import numpy as np
import pytest
from made import HAND, Story
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from tacrefine.bags.grasps import pad_readings
from tacrefine.bags.reading import Bag
from tacrefine.bags.replay import check_playable, play
from tacrefine.bags.schemas import JOINTS, TACTILE, typestore
from tacrefine.errors import DataError
from tacrefine.touch import frame_from_arrays

OLD_PAD = "string name\nstring frame_id\nuint16 rows\nuint16 cols\nuint8 unit\nfloat32[] data\n"
ARRAY = "std_msgs/Header header\nuint64 sequence\nTactilePad[] pads\n"


def old_bag(path, pad=OLD_PAD, fields=("name", "frame_id", "rows", "cols", "unit", "data")):
    """A bag whose pads have only these fields."""
    store = get_typestore(Stores.ROS2_KILTED)
    for text, name in ((pad, "TactilePad"), (ARRAY, "TactileArray")):
        store.register(get_types_from_msg(text, f"tacrefine/msg/{name}"))
    kind = store.types["tacrefine/msg/TactilePad"]
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        links = {
            topic: writer.add_connection(f"/{topic.name}", topic.type, typestore=store)
            for topic in (TACTILE, JOINTS)
        }
        for topic, at, data in Story().grasp([0] * 6, seconds=0.1).messages:
            if topic is TACTILE:
                message = typestore().deserialize_cdr(data, topic.type)
                pads = [kind(*[getattr(each, name) for name in fields]) for each in message.pads]
                array = store.types[topic.type](message.header, message.sequence, pads)
                writer.write(links[topic], at, bytes(store.serialize_cdr(array, topic.type)))
            elif topic is JOINTS:
                writer.write(links[topic], at, data)
    return path


def test_a_bag_from_before_pads_had_components_is_read(tmp_path):
    joints = dict.fromkeys(HAND.joint_names, 0.0)
    with Bag(old_bag(tmp_path / "bag")) as bag:
        frames = [
            frame_from_arrays(HAND, pad_readings(bag.read(found)), joints)
            for found in bag.messages([TACTILE])
        ]
    assert max(frame.tactile.max() for frame in frames) > 0.3


def test_it_is_replayed_in_todays_form_with_the_same_readings(tmp_path):
    path = old_bag(tmp_path / "bag")
    check_playable(path, (TACTILE, JOINTS))
    played = [due for due in play(path, (TACTILE, JOINTS)) if due.topic is TACTILE]
    with Bag(path) as bag:
        told = [bag.read(found) for found in bag.messages([TACTILE])]
    assert len(played) == len(told)
    for due, before in zip(played, told, strict=True):
        now = typestore().deserialize_cdr(due.data, TACTILE.type)
        assert now.sequence == before.sequence
        assert [pad.components for pad in now.pads] == [0] * len(HAND.pads)
        for pad, old in zip(now.pads, before.pads, strict=True):
            assert (pad.name, pad.rows, pad.cols, pad.unit) == (old.name, old.rows, old.cols, old.unit)
            assert np.array_equal(pad.data, old.data)


def undefined_bag(path):
    """The same readings in a bag that defines no types, as recorders of ROS 2 Humble write it."""
    old = old_bag(path / "old")
    with Bag(old) as bag, Writer(path / "bag", version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        links = {
            t: writer.add_connection(f"/{t.name}", t.type, typestore=typestore()) for t in (TACTILE, JOINTS)
        }
        for found in bag.messages([TACTILE, JOINTS]):
            writer.write(links[found.topic], found.received, found.data)
    with contextlib.closing(sqlite3.connect(path / "bag" / "bag.db3")) as database:
        database.execute("DROP TABLE message_definitions")
        database.commit()
    return old, path / "bag"


def test_a_bag_that_does_not_define_its_shorter_pads_is_read_and_replayed_all_the_same(tmp_path):
    old, bare = undefined_bag(tmp_path)
    expected = [due.data for due in play(old, (TACTILE,))]
    check_playable(bare, (TACTILE, JOINTS))
    assert [due.data for due in play(bare, (TACTILE,))] == expected
    with Bag(bare) as bag:
        read = [bag.read(found) for found in bag.messages([TACTILE])]
    assert [len(array.pads) for array in read] == [len(HAND.pads)] * len(expected)
    assert max(pad.data.max() for array in read for pad in array.pads) > 0.3


def test_a_bag_whose_fields_mean_something_else_is_not_replayed(tmp_path):
    path = old_bag(tmp_path / "bag", OLD_PAD.replace("uint16 rows", "uint32 rows"))
    with pytest.raises(DataError, match="has changed since"):
        check_playable(path, (TACTILE,))
