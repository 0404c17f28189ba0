"""How messages become touch: which joints are the hand's, and what is done with readings that are slightly wrong.

One group for the live nodes, which declare it among their parameters, and for bags. An adapter fills it in as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.documents import quoted
from tacrefine.errors import ConfigError
from tacrefine.parameters import parameter

NEGATIVE_LIMIT = 0.05
JOINT_STATE_AGE = 0.1
ADAPTER = (
    "name or path of the file that says where touch, joints and wrist are on this robot; empty: on tactile, "
    "joint_states and wrist_pose"
)


@dataclass(frozen=True)
class TouchSettings:
    """Names, ages and limits, for the whole hand. Shares are of a pad's full scale."""

    adapter: str = parameter("", "", ADAPTER)
    joint_state_age: float = parameter(
        JOINT_STATE_AGE,
        "s",
        "largest difference between the stamps of a joint's position and a tactile reading",
        low=0.001,
        high=5.0,
    )
    joint_prefix: str = parameter(
        "",
        "",
        "what stands before the hand's joint names in joint_states, like rh_; others are not the hand's",
    )
    joint_names: str = parameter(
        "", "", "joints that joint_states calls otherwise, as THERE=JOINT, separated by commas"
    )
    fill_coupled_joints: bool = parameter(
        True, "", "work out the position of a coupled joint that is not measured from its drive's"
    )
    negative_limit: float = parameter(
        NEGATIVE_LIMIT,
        "",
        "how far below zero a reading may be, as a share of full scale, to be taken for zero; below it is refused",
        low=0.0,
        high=1.0,
    )
    drift_limit: float = parameter(
        0.05,
        "",
        "how far the zero of a pad may have drifted, as a share of full scale, before it has to be tared",
        low=0.0,
        high=1.0,
    )
    rezero: bool = parameter(
        False, "", "take what untouched pads read, learned while the open hand rests, off their readings"
    )

    @property
    def renamed_joints(self) -> dict[str, str]:
        """The hand's joint by its name in joint_states; raises ConfigError where `joint_names` is not such a list."""
        found = {}
        for entry in filter(None, (part.strip() for part in self.joint_names.split(","))):
            there, sign, joint = (part.strip() for part in entry.partition("="))
            if not (there and sign and joint):
                raise ConfigError(
                    f"joint_names has the entry '{quoted(entry)}'; allowed are entries like THERE=JOINT, separated by "
                    "commas."
                )
            found[there] = joint
        return found


@dataclass(frozen=True)
class SourceSettings(TouchSettings):
    """The same for recordings, with where the wrist's pose comes from and which times count."""

    joint_state_age: float = parameter(
        0.0,
        "s",
        "largest difference between the stamps of a joint's position and a tactile reading; 0: as it was recorded "
        f"with, or else {JOINT_STATE_AGE:g}",
        low=0.0,
        high=5.0,
    )
    rezero: bool = parameter(
        True, "", "take what untouched pads read, learned while the open hand rests, off their readings"
    )
    base_frame: str = parameter(
        "",
        "",
        "frame in which TF gives the wrist's pose; empty: the root of the tree that the wrist hangs in",
    )
    tip_frame: str = parameter(
        "", "", "frame of the wrist in TF; empty: the hand's own, and only without wrist_pose"
    )
    receive_times: bool = parameter(
        False, "", "go by the times of reception instead of the stamps, for drivers that do not stamp"
    )
