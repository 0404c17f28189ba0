"""The regrasp loop: look, approach, close, feel, choose, lift, as a plain state machine without ROS."""
