"""What a running graph has that looks like touch, joints and wrist of a hand, and a first adapter made of it."""
