"""The refinement loop: decisions, limits, targets and estimates, without ROS."""
