"""What every loop needs to move a robot safely: limits, guard, monitors, emergency stop, arm and hand commands."""
