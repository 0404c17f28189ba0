"""Networks on labelled presses of one sensor: training, prediction, figures."""
