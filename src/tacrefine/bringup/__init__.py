"""Which nodes run, with which parameters: one description for the launch file and for `tacrefine up`."""
