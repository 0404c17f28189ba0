"""What surrounds a simulated hand: a cell (YAML) with its object, fixture, table and slots, as MuJoCo bodies."""

from tacrefine.sim.world.cell import Cell, load_cell

__all__ = ["Cell", "load_cell"]
