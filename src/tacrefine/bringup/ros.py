"""Whether ROS is there, asked without importing it."""

from importlib.util import find_spec


def require_ros() -> None:
    """Raise ModuleNotFoundError for rclpy once, before any node is started, instead of in each of them."""
    if find_spec("rclpy") is None:
        raise ModuleNotFoundError("No module named 'rclpy'", name="rclpy")
