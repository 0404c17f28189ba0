"""One policy for any hand: touch as forces at places, put into the grasp-centre frame by forward kinematics."""
