"""Bags: recorded without loss, read from whoever recorded them, cut into grasps with labels. Nothing here needs ROS.

What training and calibration want of bags is one call::

    from tacrefine.bags.dataset import read_bags

    recorded = read_bags([folder_or_bag, ...], hand, objects)   # RecordedGrasps, see tacrefine.bags.dataset
    recorded.groups       # ReadingGroups, what one robot measured
    recorded.episodes     # (B,) which episode each group belongs to: hold out whole episodes

| module | what it holds |
|---|---|
| `schemas` | the topics of a recording, and the type store with this package's messages |
| `durable`, `recording` | the writer: a bag that is whole on disk after every commit |
| `session` | goals, target, object, hand and version, as the bag's metadata |
| `reading`, `repair` | any rosbag2 bag, also one that was never closed |
| `grasps`, `episodes` | closed hands at rest, and which of them share an object that stood still |
| `dataset` | from bags to groups of grasps, in memory or as a dataset |
"""
