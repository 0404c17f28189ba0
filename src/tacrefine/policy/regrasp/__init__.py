"""The regrasp network: training, calibration, publishing and the predictor that needs no torch."""
