"""ROS 2 nodes: thin, they translate messages to calls and back."""
