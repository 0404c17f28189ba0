"""What touches what, as MuJoCo's contype and conaffinity: the object everything, hand and furniture by their cores.

Taxels do not meet furniture: half a thousand small spheres would cost time wherever a hand comes near a table.
"""

from __future__ import annotations

OBJECT, HAND, FURNITURE = 1, 2, 4

TOUCHES_ALL = {"contype": OBJECT, "conaffinity": HAND | FURNITURE}
"""the object"""
TOUCHES_OBJECT = {"contype": HAND, "conaffinity": OBJECT}
"""taxels"""
TOUCHES_OBJECT_AND_FURNITURE = {"contype": HAND, "conaffinity": OBJECT | FURNITURE}
"""stiff cores of the pads"""
IS_FURNITURE = {"contype": FURNITURE, "conaffinity": OBJECT}
TOUCHES_NOTHING = {"contype": 0, "conaffinity": 0}
