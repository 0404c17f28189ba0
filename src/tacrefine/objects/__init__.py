"""Objects as data: shapes, the axes that touch can tell, and the box that grasp poses are drawn from."""

from tacrefine.objects.grasp_object import GraspObject, load_objects
from tacrefine.objects.peg import Peg
from tacrefine.objects.sampled import as_grid
from tacrefine.objects.shapes import Disk, Plate, Rod, Shape

__all__ = ["Disk", "GraspObject", "Peg", "Plate", "Rod", "Shape", "as_grid", "load_objects"]
