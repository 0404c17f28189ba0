"""Parts of the user's own as objects: checked, placed in the hand's grasp frame, tried with a simulated grasp."""
