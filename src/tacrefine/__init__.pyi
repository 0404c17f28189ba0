from tacrefine.api import Grasp as Grasp
from tacrefine.api import evaluate as evaluate
from tacrefine.api import load_bag as load_bag
from tacrefine.api import simulate as simulate
from tacrefine.errors import TacrefineError as TacrefineError
from tacrefine.geometry import RigidTransform as RigidTransform
from tacrefine.hands import Hand as Hand
from tacrefine.objects import GraspObject as GraspObject
from tacrefine.objects import load_objects as load_objects
from tacrefine.policy import Correction as Correction
from tacrefine.policy import Policy as Policy
from tacrefine.touch import ContactState as ContactState
from tacrefine.touch import Touch as Touch
from tacrefine.touch.pictures import draw_touches as draw_touches

__version__: str
