"""What the parameter `realtime_priority` means, in one place for all nodes."""

PRIORITY = (
    "round-robin real-time priority, 0: ordinary scheduling; without the privilege the node runs as usual"
)
