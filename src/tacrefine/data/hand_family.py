"""What random hands may be: ranges and shares, as a training description gives them."""

from __future__ import annotations

from pydantic import Field

from tacrefine.config import Description

Range = tuple[float, float]


class HandFamily(Description):
    """Ranges that random hands are sampled from: lengths in m, angles in rad, forces in N."""

    grippers: float = Field(default=0.2, ge=0, le=1)
    """share of hands that are grippers of two jaws"""
    sliding: float = Field(default=0.6, ge=0, le=1)
    """share of grippers whose jaws slide; those of the others turn"""
    opposed_fingers: tuple[int, int] = (2, 4)
    """fingers that close against the thumb"""
    links: tuple[int, int] = (1, 3)
    """joints of a finger"""
    own_drives: float = Field(default=0.3, ge=0, le=1)
    """share of hands each of whose joints has a drive of its own; else those of a finger are coupled"""
    spacing: Range = (0.016, 0.03)
    """m between neighbouring fingers"""
    thumb_side: Range = (-0.025, 0.025)
    """m, place of the thumb along the row of fingers, from its middle"""
    height: Range = (-0.003, 0.003)
    """m, how far a pad lies from the grasp centre along the finger"""
    azimuth: Range = (-0.6, 0.6)
    """rad, turn of a finger's direction of closing about the finger"""
    tilt: Range = (-0.35, 0.35)
    """rad, of a pad against the object's side"""
    bend: Range = (0.0, 0.9)
    """rad between two links of the closed finger"""
    distal_length: Range = (0.02, 0.06)
    """m from the last joint to the pad"""
    proximal_length: Range = (0.02, 0.06)
    """m between joints"""
    coupling: Range = (0.3, 1.2)
    """turn of each further joint for one of the first"""
    force: Range = (1.0, 8.0)
    """N, of a closed finger at its pad"""
    rows: tuple[int, int] = (3, 14)
    cols: tuple[int, int] = (3, 12)
    pitch: Range = (0.0009, 0.0035)
    """m between taxels"""
    pad_length: Range = (0.010, 0.028)
    """m, a pad is at most as long as this"""
    curved: float = Field(default=0.55, ge=0, le=1)
    """share of hands whose pads are bent to a cylinder"""
    curvature_radius: Range = (0.007, 0.03)
    domes: float = Field(default=0.2, ge=0, le=1)
    """share of hands whose pads are points on a dome"""
    second_pad: float = Field(default=0.35, ge=0, le=1)
    """share of hands with a pad on the next link too"""
    tip_pad: float = Field(default=0.2, ge=0, le=1)
    """share of hands with a small pad beyond the fingertip's"""
    palm: float = Field(default=0.2, ge=0, le=1)
    """share of hands with a pad on the palm"""
    pressure: Range = (2.0e5, 9e5)
    """N/m2 at which a taxel saturates"""
