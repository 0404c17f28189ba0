"""What two touches of one grasp may differ by, and how much more is a finding."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter


@dataclass(frozen=True)
class ComparisonSettings:
    """Defaults were chosen on samples of the plant `training`. Shares without a unit are of a pad's full scale."""

    noise: float = parameter(
        0.03, "", "noise of one reading where it is not known from repeated ones", low=0.0, high=1.0
    )
    taxel_share: float = parameter(
        0.1, "", "how much a taxel's reading may differ, as a share of it", low=0.0, high=1.0
    )
    contact_gain: float = parameter(
        0.1, "", "how much the strength of a whole contact may differ, as a share of it", low=0.0, high=1.0
    )
    zero: float = parameter(0.01, "", "how much the zero of a pad may differ", low=0.0, high=0.2)
    joint_noise: float = parameter(0.001, "rad", "noise of one joint position, at least", low=0.0, high=0.1)
    place: float = parameter(
        0.0001, "m", "how far apart a finger may come to rest in equal grasps", low=0.0, high=0.01
    )
    weak_axis_position: float = parameter(
        0.0005, "m", "pose error along axes that touch does not observe", low=0.0, high=0.1
    )
    weak_axis_rotation: float = parameter(
        0.005, "rad", "pose error about axes that touch does not observe", low=0.0, high=1.0
    )
    least_load: float = parameter(
        0.5, "", "sum of a finger's readings above which its place counts", low=0.0, high=1e3
    )
    largest_image: float = parameter(
        4.0, "", "squared difference of a taxel, on average, that is no finding", low=1.0, high=1e6
    )
    largest_place: float = parameter(
        4.0, "", "squared difference of a finger's place, on average, that is no finding", low=0.1, high=1e6
    )
