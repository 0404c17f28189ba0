"""One refinement over ROS 2 from start to picture."""
