"""What `tacrefine doctor` looks at: the machine, and the graph of nodes as a plain snapshot. Nothing here needs ROS."""
