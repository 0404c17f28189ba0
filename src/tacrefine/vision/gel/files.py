"""A gel's calibration as a file: arrays and a checked description in one NPZ, without pickle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

from tacrefine.config import Description
from tacrefine.errors import ConfigError
from tacrefine.vision.gel.calibration import GelCalibration, TaxelGrid
from tacrefine.vision.gel.presses import BallPress
from tacrefine.vision.gel.shading import Shading

ARRAYS = {"rest": (None, None, 3), "gain": (3, 3, 3), "take": (3,), "noise": (3,), "presses": (None, 3)}


class About(Description):
    """What the file says of itself; lengths in m."""

    format: Literal["tacrefine/gel-calibration/1"]
    pixel: PositiveFloat
    deepest: PositiveFloat
    ball_radius: PositiveFloat
    source_size: tuple[PositiveInt, PositiveInt]
    rows: int = Field(ge=1, le=200)
    cols: int = Field(ge=1, le=200)
    pitch: PositiveFloat
    turn: int = Field(ge=0, le=3)
    mirror: bool
    unexplained: float = Field(ge=0.0)


def save(calibration: GelCalibration, path: Path) -> None:
    """Write the file."""
    c = calibration
    about = About(
        format="tacrefine/gel-calibration/1",
        pixel=c.pixel,
        deepest=c.shading.deepest,
        ball_radius=c.ball_radius,
        source_size=c.source_size,
        unexplained=c.unexplained,
        rows=c.grid.rows,
        cols=c.grid.cols,
        pitch=c.grid.pitch,
        turn=c.grid.turn,
        mirror=c.grid.mirror,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        about=np.array(about.model_dump_json()),
        rest=c.rest,
        gain=c.shading.gain,
        take=c.shading.take,
        noise=c.shading.noise,
        presses=np.array([(p.right, p.down, p.radius) for p in c.presses]),
    )


def load(path: str | Path) -> GelCalibration:
    """Read the file; raises ConfigError in one sentence."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = About.model_validate(json.loads(str(file["about"])))
            arrays = {name: np.asarray(file[name], np.float64) for name in ARRAYS}
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; 'tacrefine calibrate-optical' makes one.") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: is no gel calibration: {key}: {first['msg']}.") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"{path}: is no gel calibration ({type(error).__name__}); 'tacrefine calibrate-optical' makes one."
        ) from None
    for name, shape in ARRAYS.items():
        found = arrays[name]
        fits = len(found.shape) == len(shape) and all(
            wanted in (None, size) for wanted, size in zip(shape, found.shape, strict=True)
        )
        if not fits or not np.isfinite(found).all():
            raise ConfigError(f"{path}: array '{name}' is {found.shape} or not finite; make the file again.")
    presses = tuple(BallPress(*map(float, press)) for press in arrays["presses"])
    return GelCalibration(
        rest=arrays["rest"],
        pixel=about.pixel,
        shading=Shading(arrays["gain"], arrays["take"], arrays["noise"], about.deepest),
        grid=TaxelGrid(about.rows, about.cols, about.pitch, about.turn, about.mirror),
        source_size=about.source_size,
        ball_radius=about.ball_radius,
        presses=presses,
        unexplained=about.unexplained,
    )
