"""Plants: everything that may differ between one robot (or simulator) and the next, as data."""

from tacrefine.plants.description import Number, PlantDescription
from tacrefine.plants.plant import OneRobot, Plant, load_plant
from tacrefine.plants.sample import PlantSample

__all__ = ["Number", "OneRobot", "Plant", "PlantDescription", "PlantSample", "load_plant"]
