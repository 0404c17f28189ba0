"""Where grasps for training come from: fresh out of the simulator, or out of a dataset."""
