"""Networks with a part left out: what is left out has no say, and the graph that is shipped agrees with torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.policy.card import read_card
from tacrefine.policy.exporting import disagreement
from tacrefine.policy.network import AXES, NetworkSettings, PolicyNetwork
from tacrefine.policy.publishing import publish
from tacrefine.policy.runtime import load_policy
from tiny import tiny_settings

pytestmark = pytest.mark.training

HAND = load_hand()
SMALL = {"width": 8, "encoder_width": 16, "pair_width": 16, "heads": 2}
ALL_PADS = tuple(range(len(HAND.pads)))


def network(**changes) -> PolicyNetwork:
    torch.manual_seed(0)
    pads = [(pad.rows, pad.cols) for pad in HAND.pads]
    return PolicyNetwork(pads, len(HAND.joint_names), NetworkSettings.model_validate(SMALL | changes)).eval()


def touches(seed: int = 0) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    sizes = (HAND.taxel_count, len(HAND.joint_names)) * 2
    return [*(torch.rand(3, size, generator=random) for size in sizes), torch.ones(3, AXES)]


def answer(net: PolicyNetwork, inputs: list[torch.Tensor]) -> torch.Tensor:
    with torch.inference_mode():
        return torch.cat(net(*inputs))


def test_pads_that_are_not_shown_have_no_say_and_the_others_do() -> None:
    net, inputs = network(unseen_pads=(1,)), touches()
    for pad, has_say in ((0, True), (1, False)):
        changed = [tensor.clone() for tensor in inputs]
        changed[0][:, HAND.pad_slices[pad]] += 0.3
        assert torch.equal(answer(net, changed), answer(net, inputs)) is not has_say


def test_joints_that_are_not_shown_have_no_say_and_the_others_do() -> None:
    net, inputs = network(unseen_joints=(0,)), touches()
    for joint, has_say in ((0, False), (1, True)):
        changed = [tensor.clone() for tensor in inputs]
        changed[1][:, joint] += 0.3
        assert torch.equal(answer(net, changed), answer(net, inputs)) is not has_say


def test_without_fusion_pads_do_not_act_on_each_other() -> None:
    for fusion in (False, True):
        net, base = network(fusion=fusion), touches()

        def estimate(*pads: int, net=net, base=base) -> torch.Tensor:  # type: ignore[no-untyped-def]
            changed = [tensor.clone() for tensor in base]
            for pad in pads:
                changed[0][:, HAND.pad_slices[pad]] += 0.5
            with torch.inference_mode():
                return net(*changed)[0]

        apart = estimate(0) + estimate(1) - estimate()
        assert torch.allclose(estimate(0, 1), apart, atol=1e-5) is not fusion


def test_absolute_poses_are_subtracted() -> None:
    net, inputs = network(output="absolute"), touches()
    with torch.inference_mode():
        increment, _, here, _ = net(*inputs)
        there = net(*inputs[2:4], *inputs[:2], inputs[4])[2]
    torch.testing.assert_close(increment, there - here)


@pytest.mark.parametrize(
    "changes",
    [{"fusion": False}, {"output": "absolute"}, {"output": "increment"}, {"unseen_pads": ALL_PADS}],
    ids=str,
)
def test_every_variant_runs_from_its_onnx_graph(changes: dict, tmp_path: Path) -> None:
    publish(
        network(**changes), tiny_settings(network=SMALL | changes), HAND, tmp_path, "made by a test", {}, {}
    )
    assert disagreement(tmp_path, read_card(tmp_path)) < 1e-5
    assert load_policy(tmp_path, HAND).model_id


def test_a_pad_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"network\.unseen_pads.*found \[99\]"):
        network(unseen_pads=(99,))


def test_a_card_of_before_these_settings_existed_still_loads(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = json.loads((folder / "card.json").read_text())
    for key in ("fusion", "output", "unseen_pads", "unseen_joints"):
        del card["network"][key]
    (folder / "card.json").write_text(json.dumps(card))
    assert load_policy(folder, HAND, "torch").model_id
