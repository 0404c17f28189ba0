"""Adapters to kinds of arm controllers, behind one interface: `tacrefine.refine.arm.Adapter`. Nothing here needs ROS.

`cartesian` streams poses, `servo` streams them to MoveIt Servo, `trajectory` plans joint trajectories.
"""
