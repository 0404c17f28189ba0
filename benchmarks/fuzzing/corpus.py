"""Every kind of file that is read: how a whole one is made, spoiled and loaded."""

from __future__ import annotations

import hashlib
import json
import shutil
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
