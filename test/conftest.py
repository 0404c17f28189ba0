"""What holds for every test: nodes stay on this machine, in a domain of their own, with strict messages."""

import os
import random

# Before anything imports rclpy. Domains above 101 would use ports that Linux hands out to others.
os.environ.setdefault("ROS_DOMAIN_ID", str(random.SystemRandom().randint(1, 101)))
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["MPLBACKEND"] = "Agg"
