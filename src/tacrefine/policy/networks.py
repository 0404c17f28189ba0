"""Which network a description means: the one for a single hand's pads, or the one for any hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Tag, TypeAdapter

from tacrefine.errors import ModelError
from tacrefine.hands import Hand
from tacrefine.policy.any_hand.bound import HandNetwork
from tacrefine.policy.any_hand.network import AnyHandNetwork, AnyHandSettings
from tacrefine.policy.network import NetworkSettings, PolicyNetwork

Network = PolicyNetwork | HandNetwork


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "any_hand" if "kind" in value else "pads"
    return "any_hand" if isinstance(value, AnyHandSettings) else "pads"


AnyNetworkSettings = Annotated[
    Annotated[NetworkSettings, Tag("pads")] | Annotated[AnyHandSettings, Tag("any_hand")],
    Discriminator(_kind),
]
"""`kind: any_hand` means the network for any hand, no `kind` the one whose branches are a hand's own pads"""
SETTINGS: TypeAdapter[NetworkSettings | AnyHandSettings] = TypeAdapter(AnyNetworkSettings)


def network_for(settings: NetworkSettings | AnyHandSettings, hand: Hand) -> Network:
    """A network with fresh weights for this hand."""
    if isinstance(settings, AnyHandSettings):
        return HandNetwork(AnyHandNetwork(settings), hand)
    return PolicyNetwork(grid_shapes(hand), len(hand.joint_names), settings)


def grid_shapes(hand: Hand) -> list[tuple[int, int]]:
    """Rows and columns of the pads; ModelError where one is no grid, which this network cannot read."""
    for pad in hand.pads:
        if not pad.is_grid:
            raise ModelError(
                f"hand '{hand.name}': the taxels of pad '{pad.name}' are points; this network reads grids only; "
                "use the one for any hand (network: {kind: any_hand})."
            )
    return [(pad.rows, pad.cols) for pad in hand.pads]
