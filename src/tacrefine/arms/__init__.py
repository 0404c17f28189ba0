"""Adapters to kinds of arm controllers behind one interface, `tacrefine.supervision.arm.Adapter`, without ROS.

`cartesian` streams poses, `servo` streams them to MoveIt Servo, `trajectory` plans joint trajectories.
"""
