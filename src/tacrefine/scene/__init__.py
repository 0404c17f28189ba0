"""What others see of a robot: its description as URDF, its frames for TF, colours and shapes for RViz. Without ROS."""
