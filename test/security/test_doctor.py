"""The doctor names what is wrong and how to fix it; every check is made up here."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tacrefine.cli import main
from tacrefine.doctor import machine
from tacrefine.doctor.findings import Finding
from tacrefine.doctor.graph import check_graph
from tacrefine.supervision.graph_snapshot import Endpoint, GraphSnapshot, NodeStatus, Topic

WRITER = Endpoint("/tacrefine_driver", "tacrefine/msg/TactileArray", reliable=False, transient_local=False)
READER = Endpoint("/tacrefine_policy", "tacrefine/msg/TactileArray", reliable=False, transient_local=False)
NODES = ("/tacrefine_driver", "/tacrefine_policy", "/refine_server")
WELL = GraphSnapshot(
    nodes=NODES,
    topics=tuple(
        Topic(f"/{name}", (WRITER,), (READER,)) for name in ("tactile", "joint_states", "wrist_pose")
    ),
    ages={f"/{name}": 0.002 for name in ("tactile", "joint_states", "wrist_pose")},
    statuses=tuple(NodeStatus(name, 0, "active") for name in NODES),
)


def problems(seen: GraphSnapshot) -> list[Finding]:
    found = [finding for finding in check_graph(seen) if finding.level == "problem"]
    assert all(finding.remedy for finding in found)
    return found


def with_tactile(topic: Topic) -> GraphSnapshot:
    return replace(WELL, topics=(topic, *WELL.topics[1:]))


def test_a_graph_without_fault_has_no_problem() -> None:
    assert problems(WELL) == []
    assert any(finding.level == "ok" for finding in check_graph(WELL))


@pytest.mark.parametrize(
    ("seen", "check", "words"),
    [
        (GraphSnapshot(domain=3, other_domains=(7,)), "graph", ("domain 3", "domain 7", "ROS_DOMAIN_ID=7")),
        (
            replace(WELL, nodes=("/tacrefine_driver", "/tacrefine_policy")),
            "graph",
            ("refine_server is not running", "/tacrefine_driver"),
        ),
        (replace(WELL, nodes=(*NODES, "/tacrefine_policy")), "graph", ("/tacrefine_policy runs 2 times",)),
        (replace(WELL, namespace="/left"), "graph", ("namespace /left", "--namespace /")),
        (
            with_tactile(Topic("/tactile", (WRITER,), (replace(READER, reliable=True),))),
            "QoS",
            ("reliable", "/tacrefine_policy"),
        ),
        (
            with_tactile(Topic("/tactile", (WRITER,), (replace(READER, transient_local=True),))),
            "QoS",
            ("transient local",),
        ),
        (
            with_tactile(Topic("/tactile", (replace(WRITER, kind="a/msg/B"),), (READER,))),
            "types",
            ("a/msg/B",),
        ),
        (with_tactile(Topic("/tactile", (), (READER,))), "topics", ("nobody publishes /tactile", "driver")),
        (replace(WELL, ages={**WELL.ages, "/tactile": -3.2}), "clocks", ("3.2 s ahead", "NTP")),
        (replace(WELL, ages={**WELL.ages, "/tactile": 4.0}), "clocks", ("4.0 s behind",)),
        (replace(WELL, ages={**WELL.ages, "/tactile": 1.7e9}), "clocks", ("use_sim_time",)),
        (
            replace(
                WELL, statuses=(NodeStatus("/tacrefine_policy", 2, "no such model", "no model named 'x'"),)
            ),
            "diagnostics",
            ("/tacrefine_policy says", "no model named 'x'"),
        ),
    ],
)
def test_a_fault_of_the_graph_is_named_with_its_remedy(
    seen: GraphSnapshot, check: str, words: tuple[str, ...]
) -> None:
    found = problems(seen)
    assert [finding.check for finding in found] == [check]
    text = str(found[0])
    assert all(word in text for word in words), text


def test_topics_that_are_silent_are_told_from_topics_that_nobody_publishes() -> None:
    found = problems(replace(WELL, ages={}))
    assert {finding.check for finding in found} == {"topics"}
    assert "nothing came" in found[0].what


def test_an_empty_graph_is_a_note_that_says_how_to_start() -> None:
    (found,) = check_graph(GraphSnapshot())
    assert found.level == "note"
    assert "tacrefine up" in found.remedy


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (machine.python_version((3, 9)), ("3.9", "3.11 to 3.13")),
        (machine.built(False, True), ("messages are not built", "make setup")),
        (machine.built(True, False), ("rclpy", "make setup")),
        (machine.outdated({"A.msg": 2.0, "B.msg": 1.0}, 1.5), ("A.msg", "make build")),
        (
            machine.compiler({"c++": None, "cc": "/usr/bin/cc"}, Path(os.__file__), False),
            ("c++ is missing", "g++"),
        ),
        (
            machine.compiler({"c++": "/usr/bin/c++"}, Path("/nowhere/Python.h"), False),
            ("Python.h", "python3-dev"),
        ),
        (machine.domain("left"), ("ROS_DOMAIN_ID", "0 to 101")),
        (machine.domain("231"), ("231",)),
        (
            machine.discovery({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}),
            ("command arm and hand", "LOCALHOST"),
        ),
        (machine.discovery({"ROS_STATIC_PEERS": "10.0.0.7"}), ("ROS_STATIC_PEERS",)),
        (machine.clock(0.0), ("1970-01-01", "NTP")),
        (machine.disk({"/": 10**12, "/home": 10**8}), ("0.10 GB are left for /home",)),
        (machine.model("five_finger", "inspire_rh56dftp"), ("inspire_rh56dftp", "model:=")),
        (machine.model("no_such_model", "five_finger"), ("no_such_model",)),
    ],
)
def test_a_fault_of_the_machine_is_named_with_its_remedy(finding: Finding, words: tuple[str, ...]) -> None:
    assert finding.level == "problem"
    assert all(word in str(finding) for word in words), str(finding)


def test_a_machine_without_fault_has_no_problem() -> None:
    secure = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}
    found = [
        machine.python_version((3, 12)),
        machine.built(True, True),
        machine.outdated({"A.msg": 1.0}, 1.5),
        machine.compiler({"c++": "/usr/bin/c++"}, Path(os.__file__), True),
        machine.domain(None),
        machine.domain("42"),
        machine.discovery({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}),
        machine.discovery({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET", **secure}),
        machine.clock(1.8e9),
        machine.disk({"/": 10**12}),
        machine.model("five_finger", "five_finger"),
        machine.shared_memory([]),
    ]
    assert [finding for finding in found if finding.level != "ok"] == []
    lacking = machine.compiler({"c++": None}, Path(os.__file__), True)
    assert lacking.level == "note"  # whoever has built already can do without


def test_shared_memory_is_left_over_only_where_its_owner_has_let_go(tmp_path: Path) -> None:
    for name in ("fastdds_0123456789abcdef", "fastdds_fedcba9876543210", "fastdds_port7410"):
        (tmp_path / name).write_bytes(b"x")
        (tmp_path / f"{name}_el").touch()
    with open(tmp_path / "fastdds_fedcba9876543210_el", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        later = (tmp_path / "fastdds_0123456789abcdef_el").stat().st_mtime + 60.0
        left = machine.left_over(tmp_path, later)
        assert [path.name for path in left] == ["fastdds_0123456789abcdef"]
        assert machine.left_over(tmp_path, later - 60.0) == []  # one that is just being made
    found = machine.shared_memory(left)
    assert found.level == "problem"
    assert "rm -f" in found.remedy


def test_the_command_ends_with_zero_only_if_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "left_over", list)
    monkeypatch.setattr(machine, "LEAST_DISK", 0.0)
    monkeypatch.setattr(machine, "outdated", lambda *_: machine.ok("interfaces", "made up"))
    monkeypatch.setenv("ROS_DOMAIN_ID", "5")
    file = tmp_path / "found.json"
    assert main(["doctor", "--no-graph", "--json", str(file)]) == 0
    assert "all is well" in capsys.readouterr().out
    assert json.loads(file.read_text())["well"] is True
    monkeypatch.setenv("ROS_DOMAIN_ID", "many")
    assert main(["doctor", "--no-graph", "--json", str(file)]) == 1
    assert "fix: " in capsys.readouterr().out
    content = json.loads(file.read_text())
    assert content["problem"] == 1
    assert [finding["check"] for finding in content["findings"] if finding["level"] == "problem"] == [
        "domain"
    ]


def test_a_node_that_was_started_again_is_a_note_and_no_problem_of_its_own() -> None:
    restarted = NodeStatus("/tacrefine_policy", 1, "active", restarts="2 (signal 9)")
    seen = replace(WELL, statuses=(restarted,))
    assert problems(seen) == []
    notes = [finding for finding in check_graph(seen) if finding.level == "note"]
    assert "restarts: 2 (signal 9)" in notes[0].what
    failing = replace(restarted, last_error="tactile: too old")
    assert "too old" in problems(replace(WELL, statuses=(failing,)))[0].what
