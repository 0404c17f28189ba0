"""The topics of a recording, and a type store with this package's messages beside those of ROS 2."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from tacrefine.config import share_dir
from tacrefine.errors import ConfigError

MESSAGES = ("TactilePad", "TactileArray", "GraspTarget", "PoseCorrection")
ACTION = "RefineGrasp"


class Topic(NamedTuple):
    """One topic: relative name, type, and quality of service by its name in `tacrefine.nodes.core.qos`."""

    name: str
    type: str
    qos: str


TACTILE = Topic("tactile", "tacrefine/msg/TactileArray", "sensor")
JOINTS = Topic("joint_states", "sensor_msgs/msg/JointState", "sensor")
WRIST = Topic("wrist_pose", "geometry_msgs/msg/PoseStamped", "sensor")
CORRECTION = Topic("correction", "tacrefine/msg/PoseCorrection", "reliable")
TARGET = Topic("grasp_target", "tacrefine/msg/GraspTarget", "latched")
FEEDBACK = Topic("refine_grasp/_action/feedback", "tacrefine/action/RefineGrasp_FeedbackMessage", "reliable")
STATUS = Topic("refine_grasp/_action/status", "action_msgs/msg/GoalStatusArray", "latched")
DIAGNOSTICS = Topic("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray", "reliable")
TRUTH = Topic("sim/ground_truth", "geometry_msgs/msg/PoseStamped", "sensor")
TF = Topic("/tf", "tf2_msgs/msg/TFMessage", "reliable")
TF_STATIC = Topic("/tf_static", "tf2_msgs/msg/TFMessage", "latched")
RECORDED = (TACTILE, JOINTS, WRIST, CORRECTION, TARGET, FEEDBACK, STATUS, DIAGNOSTICS, TRUTH)
"""what a recording holds; a topic that nobody publishes is left out"""
READ = (*RECORDED, TF, TF_STATIC)
"""what is looked for in a bag"""
OTHER_TYPES: dict[Topic, tuple[str, ...]] = {
    WRIST: (
        "geometry_msgs/msg/TransformStamped",
        "geometry_msgs/msg/PoseWithCovarianceStamped",
        "nav_msgs/msg/Odometry",
    )
}
"""what a topic may be of besides its own type in bags of other recorders"""

EARLIER_FIELDS = {"tacrefine/msg/TactilePad": (6,), f"tacrefine/action/{ACTION}_Feedback": (8, 6)}
"""how many of today's fields a type had in earlier releases: bags that define no types may hold those, shorter forms"""


@cache
def typestore() -> Typestore:
    """Messages of ROS 2 Kilted and of this package, read from its own interface files; ConfigError where they lack."""
    store = get_typestore(Stores.ROS2_KILTED)
    for name in MESSAGES:
        store.register(get_types_from_msg(_text("msg", name), f"tacrefine/msg/{name}"))
    feedback = _text("action", ACTION).split("\n---\n")[2]
    kind = f"tacrefine/action/{ACTION}_Feedback"
    store.register(get_types_from_msg(feedback, kind))
    message = f"unique_identifier_msgs/UUID goal_id\n{kind} feedback\n"
    store.register(get_types_from_msg(message, f"{kind}Message"))
    return store


@cache
def definition(kind: str) -> tuple[str, str]:
    """The text that defines a message type with all that is in it, and its RIHS01 hash, as a bag keeps them."""
    store = typestore()
    if kind != FEEDBACK.type:
        return store.generate_msgdef(kind, ros_version=2)[0], store.hash_rihs01(kind)
    # `rosbags` writes no definition that has an action's own types in it, though it reads them.
    inner = kind.removesuffix("Message")
    parts = [
        f"unique_identifier_msgs/UUID goal_id\n{inner} feedback\n",
        "MSG: unique_identifier_msgs/UUID\nuint8[16] uuid\n",
        f"MSG: {inner}\n{store.generate_msgdef(inner, ros_version=2)[0]}",
    ]
    return ("=" * 80 + "\n").join(parts), store.hash_rihs01(kind)


def _text(folder: str, name: str) -> str:
    path = share_dir() / folder / f"{name}.{folder}"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); bags need it to be understood."
        ) from error
