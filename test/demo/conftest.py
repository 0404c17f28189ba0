"""Without ROS the demo itself is not collected; what it draws and prints is."""

import importlib.util

if importlib.util.find_spec("rclpy") is None:
    collect_ignore = ["test_demo.py"]
