"""Messages as plain objects, with the fields that public drivers publish."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

FINGERS = ("little", "ring", "middle", "index", "thumb")


def header(seconds: float, frame: str = "") -> SimpleNamespace:
    whole = int(seconds)
    stamp = SimpleNamespace(sec=whole, nanosec=round((seconds - whole) * 1e9))
    return SimpleNamespace(stamp=stamp, frame_id=frame)


def inspire_finger(name: str, first: int) -> SimpleNamespace:
    """Taxels count up from `first`, through tip, nail, pad and middle section."""
    sizes = {
        "tip": 9,
        "nail": 96,
        "pad": 96 if name == "thumb" else 80,
        "middle_section": 9 * (name == "thumb"),
    }
    parts, at = {}, first
    for part, size in sizes.items():
        parts[part] = np.arange(at, at + size, dtype=np.int16)
        at += size
    return SimpleNamespace(name=name, **parts, total_pressure=0.0, max_pressure=0.0, contact_count=0)


def inspire_touch(seconds: float) -> SimpleNamespace:
    fingers = {name: inspire_finger(name, 200 * number) for number, name in enumerate(FINGERS)}
    palm = np.arange(112, dtype=np.int16)
    return SimpleNamespace(
        header=header(seconds),
        **fingers,
        palm=palm,
        total_contact=0.0,
        fingers_in_contact=0,
        stable_contact=False,
    )


def inspire_state(seconds: float, angles) -> SimpleNamespace:
    six = np.zeros(6, np.int16)
    return SimpleNamespace(
        header=header(seconds),
        position_actual=six,
        angle_actual=np.array(angles, np.int16),
        force_actual=six,
        current=six,
        status=six,
        error=six,
        temperature=six,
    )


def vector(x: float, y: float, z: float) -> SimpleNamespace:
    return SimpleNamespace(x=x, y=y, z=z)


def xela(seconds: float, number: int, forces: dict[int, np.ndarray]) -> SimpleNamespace:
    """`forces`: normal force of each taxel by sensor_pos, in any order of sensors."""
    sensors = [
        SimpleNamespace(
            message=number,
            time=seconds,
            model="uSPa44",
            sensor_pos=position,
            taxels=[vector(30000, 30000, 36000 + round(100 * z)) for z in normal],
            forces=[vector(0.1, -0.1, float(z)) for z in normal],
        )
        for position, normal in forces.items()
    ]
    return SimpleNamespace(sensors=sensors)


def paxini(seconds: float, normal: np.ndarray) -> SimpleNamespace:
    taxels = [
        SimpleNamespace(
            index=i, position=vector(0, 0, 0), normal=vector(0, 0, 0), force=vector(1.0, 2.0, float(z))
        )
        for i, z in enumerate(normal)
    ]
    return SimpleNamespace(header=header(seconds), resultant_force=vector(0, 0, 0), taxels=taxels)


def multi_array(values) -> SimpleNamespace:
    return SimpleNamespace(layout=SimpleNamespace(dim=[], data_offset=0), data=np.asarray(values, np.float32))


def joint_state(seconds: float, names, positions) -> SimpleNamespace:
    return SimpleNamespace(
        header=header(seconds), name=list(names), position=list(map(float, positions)), velocity=[], effort=[]
    )


IDENTITY = SimpleNamespace(x=0.0, y=0.0, z=0.0, w=1.0)


def pose(x: float, y: float, z: float) -> SimpleNamespace:
    return SimpleNamespace(position=vector(x, y, z), orientation=IDENTITY)


def transform_stamped(
    seconds: float, parent: str, child: str, x: float, y: float, z: float
) -> SimpleNamespace:
    motion = SimpleNamespace(translation=vector(x, y, z), rotation=IDENTITY)
    return SimpleNamespace(header=header(seconds, parent), child_frame_id=child, transform=motion)


def tf(*transforms: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(transforms=list(transforms))
