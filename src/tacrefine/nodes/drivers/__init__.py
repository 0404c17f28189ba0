"""Driver nodes: one for each kind of device."""
