"""A simulated robot that is driven and read like a real one; `tacrefine.nodes.mujoco_bridge` puts it on the wire."""
