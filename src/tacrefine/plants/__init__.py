"""Plants: everything that may differ between one robot (or simulator) and the next, as data."""

from tacrefine.plants.description import Number, PlantDescription
from tacrefine.plants.plant import OneRobot, Plant, PlantSample, load_plant

__all__ = ["Number", "OneRobot", "Plant", "PlantDescription", "PlantSample", "load_plant"]
