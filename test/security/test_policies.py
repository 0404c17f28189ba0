"""Security policies allow each node what it uses, and nothing else."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.interfaces import DEVICES
from tacrefine.bringup.registry import NODES, clients
from tacrefine.bringup.security import enclave_of, of_bringup
from tacrefine.cli import main
from tacrefine.config import share_dir

FOLDER = share_dir() / "config" / "security"


def test_every_node_has_a_policy_and_names_nothing_by_a_pattern() -> None:
    enclaves = set()
    for path in FOLDER.iterdir():
        tree = ElementTree.parse(path).getroot()
        assert tree.attrib == {"version": "0.2.0"}
        enclaves.add(tree.find("enclaves/enclave").attrib["path"])
        for kind in ("topic", "service", "action"):
            for element in tree.iter(kind):
                assert element.text.strip("*?[]") == element.text
        rules = [rule.attrib for rule in tree.find("enclaves/enclave/profiles/profile")]
        assert all(set(rule.values()) == {"ALLOW"} for rule in rules)  # the rest is denied by default
    assert enclaves == {enclave_of(name) for name in [*(entry.name for entry in NODES.values()), *clients()]}


def test_only_the_server_may_move_hand_and_arm_and_only_drivers_may_touch() -> None:
    uses = clients() | {name: entry.interfaces({}) for name, entry in NODES.items() if name != "driver"}
    uses |= {f"driver {device}": NODES["driver"].interfaces({"driver": device}) for device in DEVICES}
    publishers = {
        topic: {name for name, use in uses.items() if topic in use.publish}
        for topic in set(chain.from_iterable(use.publish for use in uses.values()))
    }
    assert (
        publishers["hand/joint_trajectory"]
        == publishers["arm/target_frame"]
        == {"refine_server", "collector"}
    )
    assert publishers["correction"] == {"policy"}
    assert publishers["estop"] == {"estop_button"}
    feels = {"mujoco_bridge", "driver inspire_rh56dftp", "driver paxini", "driver replay"}
    feels |= {"driver paxini_gen3", "driver robotiq_tsf85", "driver optical_taxels"}
    assert publishers["tactile"] == feels
    assert {name for name, use in uses.items() if "refine_grasp" in use.call} == {"planner"}


@pytest.mark.parametrize(
    ("arm", "name", "published"),
    [
        ("cartesian", "cartesian_motion_controller", "cartesian_motion_controller/target_frame"),
        ("servo", "servo_node", "servo_node/pose_target_cmds"),
        ("trajectory", "arm_controller", "arm_controller/joint_trajectory"),
    ],
)
def test_a_bringup_gets_policies_with_its_namespace_and_arm(arm: str, name: str, published: str) -> None:
    nodes = describe(Arguments(mode="real", driver="paxini", arm=arm, namespace="left"))
    files = of_bringup(nodes, name)
    assert {f"{node.name}.policy.xml" for node in nodes} < set(files)
    tree = ElementTree.fromstring(files["refine_server.policy.xml"].partition("\n")[2])
    assert tree.find("enclaves/enclave").attrib["path"] == "/tacrefine/left/refine_server"
    assert tree.find("enclaves/enclave/profiles/profile").attrib["ns"] == "/left"
    rules = {key: rule for rule in tree.find("enclaves/enclave/profiles/profile") for key in rule.attrib}
    assert published in [topic.text for topic in rules["publish"]]
    assert nodes[-1].enclave == "/tacrefine/left/refine_server"


def test_a_dry_run_may_command_nothing_but_its_dry_twin() -> None:
    (server,) = (n for n in describe(Arguments(dry_run=True)) if n.executable == "refine_server")
    published = server.entry.interfaces(server.parameters).publish
    assert {"dry_run/hand/joint_trajectory", "dry_run/arm/target_frame"} <= set(published)
    assert not {"hand/joint_trajectory", "arm/target_frame"} & set(published)


def test_the_command_writes_policies_and_overwrites_no_other_file(tmp_path: Path, capsys) -> None:
    assert main(["security", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "tacrefine_policy.policy.xml").read_text() == (
        FOLDER / "tacrefine_policy.policy.xml"
    ).read_text()
    (tmp_path / "tacrefine_policy.policy.xml").write_text("mine")
    assert main(["security", "--out", str(tmp_path), "--namespace", "left"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "tacrefine_policy.policy.xml").read_text() == "mine"
    assert "left" not in (tmp_path / "refine_server.policy.xml").read_text()
