"""What random hands may be: ranges and shares, as a training description gives them."""

from __future__ import annotations

from pydantic import Field

from tacrefine.config import Description

Range = tuple[float, float]


class HandFamily(Description):
    """Ranges that random hands are sampled from: lengths in m, angles in rad, forces in N."""

    grippers: float = Field(default=0.25, ge=0, le=1)
    """share of hands that are grippers of two jaws"""
    sliding: float = Field(default=0.6, ge=0, le=1)
    """share of grippers whose jaws slide; those of the others turn, on one joint or on a parallel linkage"""
    one_drive: float = Field(default=0.7, ge=0, le=1)
    """share of grippers both of whose jaws are moved by one drive"""
    opposed_fingers: tuple[int, int] = (1, 4)
    """fingers that close against the thumb"""
    links: tuple[int, int] = (1, 3)
    """joints of a finger"""
    own_drives: float = Field(default=0.5, ge=0, le=1)
    """share of hands each of whose joints has a drive of its own; else those of a finger are coupled"""
    abduction: float = Field(default=0.4, ge=0, le=1)
    """share of hands with own drives that have one more at the root of each finger, which holds the posture"""
    shared_drive: float = Field(default=0.1, ge=0, le=1)
    """share of hands with coupled joints whose opposed fingers follow one drive"""
    spacing: Range = (0.015, 0.046)
    """m between neighbouring fingers"""
    thumb_side: Range = (-0.03, 0.03)
    """m, place of the thumb along the row of fingers, from its middle"""
    height: Range = (-0.006, 0.006)
    """m, how far a pad lies from the grasp centre along the finger"""
    hand_height: Range = (-0.02, 0.01)
    """m, the same for all pads of some hands together: not every hand holds an object where its pads' middles are"""
    thumb_height: Range = (-0.02, 0.008)
    """m, the same for the thumbs of some hands"""
    azimuth: Range = (-0.9, 0.9)
    """rad, turn of a finger's direction of closing about the finger"""
    tilt: Range = (-0.4, 0.4)
    """rad, of a pad against the object's side"""
    twist: Range = (-0.5, 0.5)
    """rad, of a thumb's pad about its normal; of the others' a third of it"""
    bend: Range = (0.0, 0.9)
    """rad between two links of the closed finger"""
    distal_length: Range = (0.02, 0.06)
    """m from the last joint to the pad"""
    proximal_length: Range = (0.02, 0.06)
    """m between joints"""
    coupling: Range = (0.3, 1.2)
    """turn of each further joint for one of the first"""
    force: Range = (1.0, 10.0)
    """N, of a closed finger at its pad"""
    overshoot: Range = (0.006, 0.02)
    """m by which a pad's target lies beyond the nominal grasp"""
    rows: tuple[int, int] = (3, 16)
    cols: tuple[int, int] = (2, 12)
    pitch: Range = (0.0009, 0.006)
    """m between taxels"""
    pad_length: Range = (0.010, 0.036)
    """m, a pad is at most as long as this"""
    oblong: float = Field(default=0.3, ge=0, le=1)
    """share of grids whose rows are wider or narrower apart than their columns"""
    curved: float = Field(default=0.5, ge=0, le=1)
    """share of hands whose grids are bent to a cylinder"""
    curvature_radius: Range = (0.007, 0.03)
    domes: float = Field(default=0.25, ge=0, le=1)
    """share of hands whose pads are points on a dome"""
    second_pad: float = Field(default=0.35, ge=0, le=1)
    """share of hands with a pad on the next link too"""
    tip_pad: float = Field(default=0.2, ge=0, le=1)
    """share of hands with a small pad beyond the fingertip's"""
    palm: float = Field(default=0.25, ge=0, le=1)
    """share of hands with a pad on the palm"""
    shear: float = Field(default=0.3, ge=0, le=1)
    """share of hands whose taxels have three force components"""
    pressure: Range = (1e5, 1.5e6)
    """N/m2 at which a taxel saturates"""
