"""Plants: everything that may differ between one robot (or simulator) and the next, as data."""

from tacrefine.plants.description import Number, PlantDescription
from tacrefine.plants.plant import OneRobot, Plant, PlantDraw, load_plant

__all__ = ["Number", "OneRobot", "Plant", "PlantDescription", "PlantDraw", "load_plant"]
