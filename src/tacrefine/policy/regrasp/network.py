"""f(s, a): images of two pads and a camera, where the gripper is and what it would do; out comes a logit of success.

Late fusion: everything that depends on the state alone is computed once (:meth:`RegraspNetwork.encode`), so that
thousands of actions cost one small dense network each (:meth:`RegraspNetwork.head`).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from tacrefine.config import Description
from tacrefine.gripper import CAMERA_SIZE, TACTILE_SIZE

MOTION_SCALE, YAW_SCALE, FORCE_SCALE, HEIGHT_SCALE = 0.02, 0.3, 25.0, 0.1
"""m, rad, N, m that become one"""
TACTILE_GAIN = 4.0
"""A press changes a pixel by a quarter of its range at most."""
PATCH = 4
"""pixels, stride of an encoder's first layer"""
PLACE, ACTION = 6, 11
"""numbers that tell where and how hard the gripper grasps now, and what an action would change"""
FELT = (4, 3)
"""parts of a pad whose touch after the action is predicted too, down the finger and across"""
CARRIED = 3
"""of the state, what actions are computed from: height, yaw and force"""


class NetworkSettings(Description):
    """What the network sees and how large it is; the variants of the comparison differ in the three switches."""

    camera: bool = True
    tactile: bool = True
    action: bool = True
    """off: the outcome is predicted from the images alone, as the mean over all actions"""
    camera_channels: tuple[int, ...] = Field(default=(24, 32, 48), min_length=1, max_length=5)
    tactile_channels: tuple[int, ...] = Field(default=(24, 32, 48), min_length=1, max_length=5)
    width: int = Field(default=64, ge=4, le=1024)
    """features of each image"""
    action_width: int = Field(default=64, ge=4, le=1024)
    hidden: int = Field(default=128, ge=4, le=1024)
    """width of the fusion"""
    dropout: float = Field(default=0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _sees(self) -> NetworkSettings:
        if not (self.camera or self.tactile):
            raise ValueError("camera or tactile must be on, found both off")
        return self


class ImageEncoder(nn.Module):
    """Overlapping patches, then strided convolutions: ``(n, channels, rows, cols)`` -> ``(n, width)``.

    A first layer with the stride of a patch costs half of what two layers of stride 2 cost on a CPU.
    """

    def __init__(self, size: tuple[int, int], inputs: int, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        rows, cols = size
        for index, (before, after) in enumerate(pairwise((inputs, *channels))):
            stride = 2 if index else PATCH
            layers += [
                nn.Conv2d(before, after, 3 if index else PATCH + 2, stride, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
            rows, cols = -(-rows // stride), -(-cols // stride)
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(rows * cols * channels[-1], width)

    def forward(self, images: Tensor) -> Tensor:
        """Features of each image."""
        return functional.relu(self.dense(self.layers(images).flatten(1)))


class RegraspNetwork(nn.Module):
    """Its two halves are exported as a graph each; `platt` holds slope and offset of the calibration."""

    platt: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        s = settings
        features = 0
        self.camera_encoder = self.tactile_encoder = None
        if s.camera:
            self.camera_encoder = ImageEncoder(CAMERA_SIZE, 6, s.camera_channels, s.width)
            features += s.width
        if s.tactile:
            self.tactile_encoder = ImageEncoder(TACTILE_SIZE, 3, s.tactile_channels, s.width)
            features += 2 * s.width
        if s.action:
            features += PLACE
            self.action_network = nn.Sequential(
                nn.Linear(ACTION, s.action_width),
                nn.ReLU(),
                nn.Linear(s.action_width, s.action_width),
                nn.ReLU(),
            )
            self.from_action = nn.Linear(s.action_width, s.hidden, bias=False)
        self.from_state = nn.Linear(features, s.hidden)
        self.dropout = nn.Dropout(s.dropout)
        self.second = nn.Linear(s.hidden, s.hidden)
        self.output = nn.Linear(s.hidden, 1)
        self.felt = nn.Linear(s.hidden, 2 * FELT[0] * FELT[1])  # asked in training only
        self.register_buffer("platt", torch.tensor([1.0, 0.0]))

    def forward(
        self,
        camera: Tensor,
        camera_rest: Tensor,
        tactile: Tensor,
        tactile_rest: Tensor,
        pose: Tensor,
        force: Tensor,
    ) -> Tensor:
        """:meth:`encode` of states as they are: uint8 cameras ``(n, H, W, 3)``, uint8 touch ``(n, 2, h, w, 3)``."""
        cameras = torch.cat([camera, camera_rest], dim=-1).permute(0, 3, 1, 2)
        return self.encode(cameras, touch_change(tactile, tactile_rest), pose, force)

    def encode(self, cameras: Tensor, touch: Tensor, pose: Tensor, force: Tensor) -> Tensor:
        """What the head needs of n states, ``(n, hidden + CARRIED)``.

        Both camera images ``(n, 6, H, W)`` in 0..255, change of touch ``(n, 2, 3, h, w)`` in -127..127, poses
        ``(n, 4)`` m and rad, forces ``(n, 1)`` N.
        """
        parts = []
        if self.camera_encoder is not None:
            parts.append(self.camera_encoder(cameras.float() * (1 / 255) - 0.5))
        if self.tactile_encoder is not None:
            pads = self.tactile_encoder(touch.flatten(0, 1).float() * (TACTILE_GAIN / 255))
            parts.append(pads.view(-1, 2 * self.settings.width))
        height, yaw = pose[:, 2:3], pose[:, 3:4]
        if self.settings.action:
            place = [height / HEIGHT_SCALE, torch.cos(2 * yaw), torch.sin(2 * yaw), force / FORCE_SCALE]
            parts.append(torch.cat([*place, *(pose[:, i : i + 1] / HEIGHT_SCALE for i in (0, 1))], dim=1))
        state = self.from_state(self.dropout(torch.cat(parts, dim=1)))
        return torch.cat([state, height, yaw, force], dim=1)

    def fuse(self, encoded: Tensor, actions: Tensor) -> Tensor:
        """States and actions together ``(n, hidden)``, see :meth:`head`."""
        size = self.settings.hidden
        hidden = encoded[:, :size]
        if self.settings.action:
            hidden = hidden + self.from_action(
                self.action_network(action_features(encoded[:, size:], actions))
            )
        else:
            hidden = hidden + 0.0 * actions[:, :1]  # one answer for each action all the same
        hidden = self.dropout(functional.relu(hidden))
        fused: Tensor = functional.relu(self.second(hidden))
        return self.dropout(fused)

    def head(self, encoded: Tensor, actions: Tensor) -> Tensor:
        """Logits before calibration ``(n,)`` of n actions ``(n, 5)``; `encoded` has n rows, or one for all of them."""
        return self.output(self.fuse(encoded, actions))[:, 0]

    def probability(self, encoded: Tensor, actions: Tensor) -> Tensor:
        """Calibrated probability of success ``(n,)``, see :meth:`head`."""
        return torch.sigmoid(self.platt[0] * self.head(encoded, actions) + self.platt[1])


def touch_change(tactile: Tensor, rest: Tensor) -> Tensor:
    """What contact changed: ``(n, 2, h, w, 3)`` twice -> ``(n, 2, 3, h, w)``, in -127..127."""
    return (tactile.float() - rest.float()).clamp(-127, 127).permute(0, 1, 4, 2, 3)


def action_features(carried: Tensor, actions: Tensor) -> Tensor:
    """Scaled motion in the gripper's and the world's axes, turn, force and its change, and where it would lead."""
    height, yaw, force = carried[:, 0], carried[:, 1], carried[:, 2]
    dx, dy, dz, turn, wanted = actions.unbind(1)
    cos, sin = torch.cos(yaw), torch.sin(yaw)
    features = [
        dx / MOTION_SCALE,
        dy / MOTION_SCALE,
        dz / MOTION_SCALE,
        (cos * dx - sin * dy) / MOTION_SCALE,
        (sin * dx + cos * dy) / MOTION_SCALE,
        turn / YAW_SCALE,
        torch.cos(2 * (yaw + turn)),
        torch.sin(2 * (yaw + turn)),
        wanted / FORCE_SCALE,
        (wanted - force) / FORCE_SCALE,
        (height + dz) / HEIGHT_SCALE,
    ]
    return torch.stack(features, dim=1)
