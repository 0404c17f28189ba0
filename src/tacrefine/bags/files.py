"""Which files a bag is made of: by what they are, not by what its metadata says of them.

The metadata of a recording that was killed, copied or renamed is often wrong, and its files say everything themselves.
So metadata only chooses among the files of the folder and adds what recorders noted; whatever does not agree becomes a
sentence in `notes`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

from backports import zstd

from tacrefine.bags import mcap_file, sqlite_file
from tacrefine.bags.storage import LARGEST_FILE, ZSTD_MAGIC, Storage, custom_data
from tacrefine.documents import LFS_HINT, LFS_POINTER, is_lfs_pointer, quoted, read_yaml
from tacrefine.errors import DataError

METADATA = "metadata.yaml"
ENDINGS = (".mcap", ".db3", ".mcap.zstd", ".db3.zstd", ".mcap.zst", ".db3.zst")
ROS_1_MAGIC = b"#ROSBAG V"
NEWEST_VERSION = 9
"""of rosbag2's metadata"""
WHAT_IS_A_BAG = f"a bag is a folder with {METADATA}, or a .mcap or .db3 file"
NUMBERED = re.compile(r"(.*)_\d+")
"""stem of one file of a bag that was split"""


@dataclass
class BagFiles:
    """The files to read, in order; texts that the recorder added; what the metadata says of topics (type and messages)
    and counts in all, None where there is none; what does not agree, as sentences.
    """

    files: list[Path]
    custom: dict[str, str] = field(default_factory=dict)
    topics: dict[str, tuple[str, int]] | None = None
    messages: int | None = None
    notes: list[str] = field(default_factory=list)


def kind_of(path: Path) -> str:
    """What a file is by its first bytes: mcap, sqlite3, zstd, lfs, ros1, empty or ''."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    kinds = {
        mcap_file.MAGIC: "mcap",
        sqlite_file.MAGIC: "sqlite3",
        ZSTD_MAGIC: "zstd",
        LFS_POINTER: "lfs",
        ROS_1_MAGIC: "ros1",
    }
    return next((kind for magic, kind in kinds.items() if head.startswith(magic)), "" if head else "empty")


def find_bags(paths: Sequence[Path]) -> list[Path]:
    """The bags that these paths are or hold, sorted; DataError where one holds none."""
    found: list[Path] = []
    for path in paths:
        if path.name == METADATA:
            path = path.parent
        if not path.exists():
            raise DataError(f"{path}: no such bag or folder.")
        if path.is_file():
            found.append(path)
            continue
        inside = _bags_in(path)
        for folder in sorted(folder for folder in path.rglob("*") if folder.is_dir()):
            inside += _bags_in(folder)
        if not inside:
            raise DataError(f"{path}: holds no bag; {WHAT_IS_A_BAG}.")
        found += inside
    return list(dict.fromkeys(found))


def files_of(path: Path) -> BagFiles:
    """The files of the bag at a folder or file; DataError where there is nothing to read, in one sentence."""
    if path.is_file():
        bag = BagFiles([path])
    else:
        present = _candidates(path)
        if (path / METADATA).is_file():
            bag = _chosen(path, present)
        elif present:
            bag = BagFiles(_without_doubles(present))
        else:
            raise DataError(f"{path}: no {METADATA} and no .mcap or .db3 file; a closed bag has both.")
    reasons = {file: _unreadable(file) for file in bag.files}
    bag.files = [file for file, reason in reasons.items() if not reason]
    if not bag.files:
        raise DataError(next(iter(reasons.values())))
    bag.notes += [reason for reason in reasons.values() if reason]
    return bag


def open_storage(path: Path, scratch: Path) -> Storage:
    """One file of a bag, opened; copies are made in the folder `scratch`. DataError where nothing can be read."""
    notes: list[str] = []
    kind, file = kind_of(path), path
    if kind == "zstd":
        file, note = _decompressed(path, scratch)
        notes = [note] if note else []
        kind = kind_of(file)
    if kind == "mcap":
        storage: Storage = mcap_file.McapFile(file)
    elif kind == "sqlite3":
        storage = sqlite_file.SqliteFile(file, scratch)
    else:
        raise DataError(_unreadable(file) or f"{path}: compressed, but not a bag's file; {WHAT_IS_A_BAG}.")
    storage.notes[:0] = notes
    return storage


def _bags_in(folder: Path) -> list[Path]:
    """The bags whose files lie in this very folder: itself, or single files that have nothing to do with each other."""
    if (folder / METADATA).is_file():
        return [folder]
    files = _candidates(folder)
    return [folder] if len({_stem(file) for file in files}) == 1 and not _is_ros_1(files) else files


def _is_ros_1(files: Sequence[Path]) -> bool:
    return any(kind_of(file) == "ros1" for file in files)


def _stem(file: Path) -> str:
    """What the files of one split bag have in common."""
    stem = file.name.partition(".")[0]
    numbered = NUMBERED.fullmatch(stem)
    return numbered[1] if numbered else stem


def _candidates(folder: Path) -> list[Path]:
    """Files of a folder that are a bag's by their endings or first bytes, sorted by their numbers."""
    files = [file for file in folder.iterdir() if file.is_file() or file.is_symlink()]
    found = [
        file for file in files if file.name.endswith(ENDINGS) or (file.is_file() and _is_recording(file))
    ]
    return sorted(
        found, key=lambda file: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", file.name)]
    )


def _is_recording(file: Path) -> bool:
    """Whether a file under any name is one of a bag; an sqlite3 file may be anything."""
    kind = kind_of(file)
    return kind in ("mcap", "ros1") or (kind == "lfs" and file.suffix == ".bag")


def _without_doubles(files: Sequence[Path]) -> list[Path]:
    """Without compressed files that lie beside what they were made of."""
    names = {file.name for file in files}
    return [file for file in files if file.suffix not in (".zstd", ".zst") or file.stem not in names]


def _unreadable(file: Path) -> str:
    """Why a file can be no part of a bag, as a sentence; empty if it can."""
    if not file.exists():
        return f"{file}: is a link to {quoted(file.readlink())}, which is not there."
    kind = kind_of(file)
    if kind == "lfs":
        return f"{file}: {LFS_HINT}."
    if kind == "ros1":
        return (
            f"{file}: a ROS 1 bag, and ROS 2 bags are read; convert it with "
            f"'rosbags-convert --src {file.name} --dst {file.stem}'."
        )
    if kind == "empty":
        return f"{file}: is empty; nothing was written before the recording broke off."
    return "" if kind else f"{file}: not a bag, by its first bytes neither MCAP nor sqlite3; {WHAT_IS_A_BAG}."


def _chosen(folder: Path, present: Sequence[Path]) -> BagFiles:
    """The files that the metadata names, as far as they are there; where one is not, all that lie in the folder."""
    path = folder / METADATA
    if is_lfs_pointer(path):
        return BagFiles(
            _without_doubles(present), notes=[f"{path}: {LFS_HINT}; the files themselves are read."]
        )
    try:
        content = read_yaml(path, DataError)
    except DataError as error:
        return BagFiles(_or_refuse(present, str(error)), notes=[f"{error} The files themselves are read."])
    about = content.get("rosbag2_bagfile_information") if isinstance(content, dict) else None
    names = about.get("relative_file_paths") if isinstance(about, dict) else None
    if not isinstance(about, dict) or not isinstance(names, list):
        reason = f"{path}: not the metadata of a bag; it must list relative_file_paths."
        return BagFiles(_or_refuse(present, reason), notes=[f"{reason} The files themselves are read."])
    bag = BagFiles([], custom_data(content), _topics(about), _count(about.get("message_count")))
    version = _count(about.get("version"))
    if version is not None and version > NEWEST_VERSION:
        bag.notes.append(
            f"{path}: is of version {version}, known are up to {NEWEST_VERSION}; the files are read."
        )
    listed = [folder / name for name in map(_base_name, names) if name]
    there = [file for file in listed if file.exists() or file.is_symlink()]
    missing = [file.name for file in listed if file not in there]
    others = [file for file in _without_doubles(present) if file not in there]
    if missing:
        _or_refuse(
            [*there, *others], f"{path}: names {_names(missing)}, and the folder holds no file of a bag."
        )
        instead = f"; {_names([file.name for file in others])} is read too" if others else ""
        bag.notes.append(f"{path}: names {_names(missing)}, which is not in the folder{instead}.")
        bag.files = [*there, *others]
    else:
        bag.files = there or _or_refuse(
            present, f"{path}: names no file, and the folder holds no file of a bag."
        )
        if there and others:
            bag.notes.append(f"{path}: does not name {_names([f.name for f in others])}, which is not read.")
    return bag


def _or_refuse(files: Sequence[Path], reason: str) -> list[Path]:
    if not files:
        raise DataError(reason)
    return _without_doubles(files)


def _base_name(name: Any) -> str:
    """A path in metadata without folders, which older recorders put in front; '' where nothing is left."""
    base = PureWindowsPath(name).name if isinstance(name, str) else ""
    return "" if base in ("", ".", "..") or "\0" in base else base


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{quoted(name)}'" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _topics(about: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Type and number of messages by topic, as the metadata lists them."""
    listed, found = about.get("topics_with_message_count"), {}
    for entry in listed if isinstance(listed, list) else ():
        topic = entry.get("topic_metadata") if isinstance(entry, dict) else None
        if isinstance(topic, dict) and "name" in topic:
            found[str(topic["name"])] = (str(topic.get("type", "")), _count(entry.get("message_count")) or 0)
    return found


def _decompressed(path: Path, scratch: Path) -> tuple[Path, str]:
    """A file without its compression, in `scratch`, and a sentence about what is lost, empty if nothing is."""
    out, written, reason = scratch / path.stem, 0, ""
    reader = zstd.ZstdDecompressor()
    with open(path, "rb") as source, open(out, "wb") as target:
        while not reader.eof and not reason:
            piece = source.read(2**20) if reader.needs_input else b""
            if reader.needs_input and not piece:
                reason = "it is cut off"
                break
            try:
                data = reader.decompress(piece, 2**24)
            except zstd.ZstdError as error:
                reason = quoted(error)
                break
            written += target.write(data)
            if written > LARGEST_FILE:
                raise DataError(f"{path}: has more than {LARGEST_FILE} bytes without its compression.")
    if reason and not written:
        raise DataError(f"{path}: the compressed file is damaged ({reason}); nothing of it can be read.")
    note = f"{path}: the compressed file is damaged ({reason}); its first {written} bytes are read."
    return out, note if reason else ""
