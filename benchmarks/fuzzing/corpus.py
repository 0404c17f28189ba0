"""Every kind of file that is read: how a whole one is made, spoiled and loaded."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

from fuzzing import recorded
from fuzzing.judging import Kind
from fuzzing.mutations import other_content, spoiled_bytes, spoiled_json, spoiled_yaml
from tacrefine.config import share_dir
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects

Spoil = Callable[[bytes, Random], bytes]
MUJOCO_LOG = "MUJOCO_LOG.TXT"
"""where MuJoCo adds its warnings, in the present folder"""
CARD, INDEX = "card.json", "dataset.json"


def described(kind: str, folder: str, name: str, load: Callable[[Path], object]) -> Kind:
    """A YAML file of `config/`."""
    file = f"{name}.yaml"

    def make(to: Path) -> None:
        shutil.copyfile(share_dir() / "config" / folder / file, to / file)

    return Kind(kind, make, _spoil_one(file, spoiled_yaml), lambda at: load(at / file))


def _spoil_one(name: str, as_document: Spoil | None) -> Callable[[Path, Random], str]:
    def spoil(folder: Path, random: Random) -> str:
        return _rewrite(folder / name, random, as_document)

    return spoil


def _rewrite(path: Path, random: Random, as_document: Spoil | None) -> str:
    draw = random.random()
    if draw < 0.12:
        way, content = "other content", other_content(random)
    elif as_document is None or draw < 0.35:
        way, content = "bytes", spoiled_bytes(path.read_bytes(), random)
    else:
        way, content = "document", as_document(path.read_bytes(), random)
    path.write_bytes(content)
    return f"{path.name}: {way}"


def _load_hand(path: Path) -> object:
    hand = load_hand(path)
    return hand.signature, [pad.points for pad in hand.pads], hand.open_positions, hand.closed_positions


def _load_objects(path: Path) -> object:
    rng = np.random.default_rng(0)
    items = load_objects(path).values()
    return [(item.sample_poses(rng, 3), item.shape.kernel_parameters, item.shape.bounds) for item in items]


def _grids(path: Path) -> object:
    return [item.shape.grids for item in list(load_objects(path).values())[:3]]


def _draw_plant(path: Path) -> object:
    from tacrefine.plants import load_plant

    return load_plant(path).sample(load_hand(), np.random.default_rng(0))


def _load_training(path: Path) -> object:
    from tacrefine.policy.settings import load_training

    training = load_training(path)
    return training, share_dir() / "models" / training.name


def _load_data(path: Path) -> object:
    from tacrefine.data.settings import load_dataset_settings

    return load_dataset_settings(path)


def _load_finetuning(path: Path) -> object:
    from tacrefine.finetune.settings import load_finetuning

    return load_finetuning(path)


def _load_parameters(path: Path) -> object:
    from tacrefine.bringup.arguments import Arguments
    from tacrefine.bringup.description import describe
    from tacrefine.bringup.parameter_files import parameters_for
    from tacrefine.nodes.hand.parameters import ServerParameters
    from tacrefine.parameters import build

    describe(Arguments(params_file=str(path)))
    return build(ServerParameters, parameters_for("refine_server", path), str(path))


def _load_inspire(path: Path) -> object:
    from tacrefine.drivers.inspire.description import InspireHandMap, load_inspire

    return InspireHandMap(load_inspire(path), load_hand("inspire_rh56dftp"))


def _load_gen3(path: Path) -> object:
    from tacrefine.drivers.paxini.gen3 import load_gen3, make_gen3

    return make_gen3(load_gen3(path), "hand", "", "Thumb-Tip:tip:51", 1.0)  # type: ignore[arg-type]


def _load_robotiq(path: Path) -> object:
    from tacrefine.drivers.robotiq.device import load_robotiq

    return load_robotiq(str(path))


def _load_adapter(path: Path) -> object:
    from tacrefine.touch.adapters import load_adapter

    return load_adapter(str(path), load_hand()).inputs


def _load_cell(path: Path) -> object:
    from tacrefine.sim.world.cell import load_cell

    return load_cell(path)


def _make_presses(folder: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [",".join([*(f"{v:.4f}" for v in rng.random(4)), f"s{n % 3}"]) for n in range(12)]
    (folder / "table.csv").write_text("m0,m1,m2,px,session\n" + "\n".join(rows) + "\n")
    (folder / "table.yaml").write_text(recorded.PRESSES)


def _spoil_presses(folder: Path, random: Random) -> str:
    name = random.choice(("table.csv", "table.yaml"))
    return _rewrite(folder / name, random, spoiled_yaml if name == "table.yaml" else None)


def _load_presses(folder: Path) -> object:
    from tacrefine.data.presses.description import load_table_description
    from tacrefine.data.presses.presses import presses_of
    from tacrefine.data.presses.table import read_table

    found = next(path for path in sorted(folder.iterdir()) if path.suffix != ".yaml")
    return presses_of(read_table(found), load_table_description(folder / f"{found.stem}.yaml"))


def _make_export(kind: str) -> Callable[[Path], None]:
    """A bag exported as a table, or as a LeRobotDataset, with the description that reads it again."""

    def make(folder: Path) -> None:
        from tacrefine.cli import main

        with tempfile.TemporaryDirectory(prefix="tacrefine-fuzz-") as scratch:
            recorded.mcap(Path(scratch))
            out = folder / f"table.{kind}" if kind != "lerobot" else folder / "set"
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert main(["bags", "export", f"{scratch}/bag", f"--{kind}", str(out)]) == 0
        for told in folder.glob("table.*.description.yaml"):
            told.rename(folder / "table.yaml")

    return make


def _spoil_any(folder: Path, random: Random) -> str:
    """One of the files."""
    path = random.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    document = {".yaml": spoiled_yaml, ".json": spoiled_json}.get(path.suffix)
    return _rewrite(path, random, document)


def _load_lerobot(folder: Path) -> object:
    from tacrefine.data.presses.description import load_table_description
    from tacrefine.data.presses.presses import presses_of
    from tacrefine.data.presses.table import read_table

    return presses_of(read_table(folder / "set"), load_table_description(folder / "set" / "import.yaml"))


def _load_report(folder: Path) -> object:
    from tacrefine.report.files import find
    from tacrefine.report.kinds import KINDS

    return find([folder / "nominal.json"], KINDS)


def _make_report(folder: Path) -> None:
    shutil.copyfile(share_dir() / "results" / "nominal.json", folder / "nominal.json")


def _make_target(folder: Path) -> None:
    (folder / "peg.json").write_text(recorded.target(load_hand()).model_dump_json(indent=1))


def _load_target(folder: Path) -> object:
    from tacrefine.refine.targets import TargetStore

    store = TargetStore(folder)
    target = store.load("peg")
    stamp = int(target.stamp)
    return target.wrist, target.id, [pad.array() for pad in target.pads], stamp.to_bytes(4, "little")


def _make_model(folder: Path) -> None:
    shutil.copytree(share_dir() / "models" / "five_finger", folder, dirs_exist_ok=True)


def _spoil_model(folder: Path, random: Random) -> str:
    """The card, or a file beside it; half of the latter with a card that agrees, to get past it."""
    name = random.choice((CARD, CARD, "weights.safetensors", "policy.onnx"))
    if name == CARD:
        return _rewrite(folder / CARD, random, spoiled_json)
    how = _rewrite(folder / name, random, None)
    if random.random() < 0.5:
        return how
    card = json.loads((folder / CARD).read_text())
    card["sha256"][name] = _sha256(folder / name)
    (folder / CARD).write_text(json.dumps(card))
    return f"{how}, with its checksum"


def _load_model(backend: str) -> Callable[[Path], object]:
    def load(folder: Path) -> object:
        from tacrefine.policy import load_policy

        hand = load_hand()
        policy = load_policy(folder, hand, backend)
        touch = np.zeros((1, hand.taxel_count), np.float32)
        joints = np.zeros((1, len(hand.joint_names)), np.float32)
        return policy.predict_batch(touch, joints, touch, joints, np.ones(6, bool))

    return load


def _make_dataset(folder: Path) -> None:
    recorded.dataset(folder, load_hand(), list(load_objects()))


def _spoil_dataset(folder: Path, random: Random) -> str:
    """The index or a shard; most shards with an index that agrees."""
    shard = sorted(folder.glob("shard-*"))[0]
    if random.random() < 0.4:
        return _rewrite(folder / INDEX, random, spoiled_json)
    how = _rewrite(shard, random, None)
    if random.random() < 0.2:
        return how
    index = json.loads((folder / INDEX).read_text())
    index["shards"][0]["sha256"] = _sha256(shard)
    (folder / INDEX).write_text(json.dumps(index))
    return f"{how}, with its checksum"


def _load_dataset(folder: Path) -> object:
    from tacrefine.data.dataset import DatasetGroups

    source = DatasetGroups(folder, load_hand(), list(load_objects()))
    return source.grasps, source.sample(np.random.default_rng(0), 4)


def _load_bag(folder: Path) -> object:
    from tacrefine.bags.dataset import read_bags
    from tacrefine.bags.info import describe_bag

    describe_bag(folder / "bag")
    return read_bags([folder / "bag"], load_hand(), load_objects(), cut="bag")


def _spoil_bag(folder: Path, random: Random) -> str:
    files = sorted(path for path in (folder / "bag").iterdir())
    path = random.choice(files)
    return _rewrite(path, random, spoiled_yaml if path.suffix == ".yaml" else None)


def _make_mesh(folder: Path) -> None:
    from tacrefine.objects.surface.measure import measure  # noqa: F401 - the extra must be there, or nothing is tried

    (folder / "part.stl").write_bytes(recorded.tetrahedron())
    (folder / "set.yaml").write_text(recorded.MESH_SET)
    _load_mesh(folder)  # keeps the distances beside the mesh


def _spoil_mesh(folder: Path, random: Random) -> str:
    cache = next(iter(folder.glob("*.npz")))
    name = random.choice(("part.stl", "set.yaml", cache.name))
    return _rewrite(folder / name, random, spoiled_yaml if name == "set.yaml" else None)


def _load_mesh(folder: Path) -> object:
    from tacrefine.objects import mesh

    mesh._measured.clear()  # of the case before
    return _grids(folder / "set.yaml")


def _load_arm(folder: Path) -> object:
    from tacrefine.sim.arm_model import load_arm

    arm = load_arm(str(next(iter(folder.iterdir()))), recorded.ARM_TIP)
    return arm.pose(arm.home)


def _make_arm(suffix: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        if suffix == "xml":
            shutil.copyfile(share_dir() / "config" / "arms" / "seven_joint.xml", folder / "arm.xml")
        else:
            (folder / "arm.urdf").write_text(recorded.URDF)

    return make


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        described("hand", "hands", "five_finger", _load_hand),
        described("objects", "objects", "fifteen", _load_objects),
        described("solids", "objects", "unseen_shapes", _grids),
        described("plant", "plants", "training", _draw_plant),
        described("fitted plant", "plants", "inspire_fitted", _draw_plant),
        described("training", "training", "five_finger", _load_training),
        described("data", "data", "default", _load_data),
        described("finetuning", "finetuning", "fitted", _load_finetuning),
        described("parameters", "refine", "real_robot", _load_parameters),
        described("driver", "drivers", "inspire_rh56dftp", _load_inspire),
        described("hand leap", "hands", "leap_grid", _load_hand),
        described("hand inspire", "hands", "inspire_rh56dftp", _load_hand),
        described("driver gen3", "drivers", "paxini_gen3", _load_gen3),
        described("driver robotiq", "drivers", "robotiq_tsf85", _load_robotiq),
        described("adapter", "adapters", "float32_multi_array", _load_adapter),
        described("cell", "cells", "slots", _load_cell),
        described("cell nest", "cells", "soft_nest", _load_cell),
        Kind("presses", _make_presses, _spoil_presses, _load_presses),
        Kind("export csv", _make_export("csv"), _spoil_any, _load_presses),
        Kind("export parquet", _make_export("parquet"), _spoil_any, _load_presses),
        Kind("export lerobot", _make_export("lerobot"), _spoil_any, _load_lerobot),
        Kind("target", _make_target, _spoil_one("peg.json", spoiled_json), _load_target),
        Kind("report", _make_report, _spoil_one("nominal.json", spoiled_json), _load_report),
        Kind("model onnx", _make_model, _spoil_model, _load_model("onnx")),
        Kind("model torch", _make_model, _spoil_model, _load_model("torch")),
        Kind("dataset", _make_dataset, _spoil_dataset, _load_dataset),
        Kind("bag mcap", recorded.mcap, _spoil_bag, _load_bag),
        Kind("bag sqlite3", recorded.sqlite3, _spoil_bag, _load_bag),
        Kind("mesh", _make_mesh, _spoil_mesh, _load_mesh, (".distances.npz",)),
        Kind("arm mjcf", _make_arm("xml"), _spoil_one("arm.xml", None), _load_arm, (MUJOCO_LOG,)),
        Kind("arm urdf", _make_arm("urdf"), _spoil_one("arm.urdf", None), _load_arm, (MUJOCO_LOG,)),
    )
}
