"""Whether ROS is there, asked without importing it."""

import sys
from importlib.util import find_spec


def require_ros() -> None:
    """Raise ModuleNotFoundError for rclpy once, before any node is started, instead of in each of them."""
    if sys.modules.get("rclpy") is None and find_spec("rclpy") is None:
        raise ModuleNotFoundError("No module named 'rclpy'", name="rclpy")
