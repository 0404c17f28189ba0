"""Bags as what fine-tuning learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tacrefine.bags.dataset import read_bags
from tacrefine.finetune.recording import Recording
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject


def recording_from_bags(paths: Sequence[Path], hand: Hand, items: Mapping[str, GraspObject]) -> Recording:
    """The grasps of bags, or of folders of bags; DataError where there is none in them, or of another hand."""
    recorded = read_bags(paths, hand, items)
    bags = sorted({Path(source.bag).name for source in recorded.sources})
    about = {"source": "bags", "bags": bags}
    return Recording(recorded.groups, recorded.episodes, float(recorded.frames), about)
