"""Fine-tuning: a trained model adapted to one robot by its recorded grasps.

Labels cost no motion capture: within one episode the object stood still, so the wrist poses of two grasps say how they
differ. Where the object stood is not known; the parent model's guesses over the whole episode place it.
"""
