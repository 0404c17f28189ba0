"""Regrasping by vision and touch: predict how a grasp will end after an adjustment, and take the best one."""
