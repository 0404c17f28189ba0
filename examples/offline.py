"""From recorded arrays to a wrist correction, without ROS.

    python examples/offline.py                  # reads examples/recorded_grasp.npz, writes out/offline.png

The arrays are two grasps of an 8 mm plate by the simulated hand `five_finger`: `target`, the grasp as it should be, and
`current`, the same grasp a few millimetres and degrees off. Replace them by your own: taxel readings and joint angles.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tacrefine

HERE = Path(__file__).parent
AXES = ("x", "y", "z", "roll", "pitch", "yaw")


def main() -> None:
    """Load two touches, ask for the correction between them, and draw both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--arrays", type=Path, default=HERE / "recorded_grasp.npz", help="NPZ with both grasps"
    )
    parser.add_argument("--out", type=Path, default=Path("out/offline.png"), help="picture to write")
    options = parser.parse_args()

    hand = tacrefine.Hand.load("five_finger")
    policy = tacrefine.Policy.load("five_finger", hand)
    plate = tacrefine.load_objects("fifteen")["plate_8"]

    # Readings 0..1 of all taxels in the hand's order, and joint angles in rad. Pads may also be given by name.
    arrays = np.load(options.arrays)
    current = tacrefine.Touch.from_arrays(hand, arrays["current_tactile"], arrays["current_joints"])
    target = tacrefine.Touch.from_arrays(hand, arrays["target_tactile"], arrays["target_joints"])
    print("current:", current)
    print("target: ", target)

    # What touch can tell of a plate: how deep it sits, and how it is tilted. Only those axes are corrected.
    correction = policy.correct(current, target, axes=plate)
    print("correction:", correction)
    print("  (tilting about the grasp centre also shifts the wrist, which stands beside it)")
    for axis, known, sigma in zip(AXES, correction.observable, correction.standard_deviation, strict=True):
        if known:
            print(f"  one standard deviation of {axis}: {sigma:.5f} {'m' if axis in 'xyz' else 'rad'}")

    # The wrist stands at this pose in the arm's base frame; this is where it has to go.
    wrist = tacrefine.RigidTransform.from_translation([0.40, 0.00, 0.25])
    print("new wrist position [m]:", np.round(correction.applied_to(wrist).translation, 4))

    tacrefine.draw_touches({"current": current, "target": target}, options.out)
    print("picture:", options.out)


if __name__ == "__main__":
    main()
