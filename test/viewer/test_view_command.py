"""Wrong use of `tacrefine view` is one sentence, and nothing is started."""

import socket
from pathlib import Path

import pytest

from tacrefine.cli import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere: no such bag or folder."),
        (["{file}"], "not a bag, by its first bytes neither MCAP nor sqlite3"),
        (["{file}", "--control"], "--control: a bag cannot be moved; leave out the bag or --control."),
        (["--hand", "claw"], "claw"),
        (["--objects", "nothing"], "nothing"),
        (["--adapter", "nothing"], "nothing"),
        (["--adapter", "{adapter}"], "the ROS package 'skin_msgs' is not installed"),
        (["--topic", "tactile"], "--topic: give NAME=TOPIC"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no bag")
    adapter = tmp_path / "robot.yaml"
    adapter.write_text("joints: [{topic: /hand, type: skin_msgs/msg/Joints, positions: {index_mcp: angle}}]")
    words = [word.format(file=file, adapter=adapter) for word in arguments]
    assert main(["view", "--no-open", "--port", "0", *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["view", "--no-open", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"--port {port}: cannot be used on 127.0.0.1 (Address already in use)" in said
    assert len(said.strip().splitlines()) == 1
