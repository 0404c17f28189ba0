"""A task planner as a behaviour tree: look for a part, grasp until it holds, refine the grasp, insert the part.

The trees need py_trees (`pip install 'tacrefine[planner]'`) and nothing of ROS; all they know of the world is a
`tacrefine.planner.robot.Robot`.
"""
