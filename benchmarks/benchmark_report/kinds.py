"""The JSON files of the benchmarks, and the chapters that the report draws of them."""

from __future__ import annotations

from benchmark_report import ablations, finetuning, limits, regrasp, ros, throughput, tracking
from benchmark_report.contents import Finetuning, Goals, PoseBound, TactileModels
from benchmark_report.regrasp_contents import RegraspLearned, RegraspSearch
from benchmark_report.studies import Ablations, Latency, Tracking
from tacrefine.report.files import Kind, Sources
from tacrefine.report.page import Section

KINDS = (
    Kind(
        PoseBound,
        "errors beside the bound of what touch can tell",
        "python benchmarks/pose_bound.py --json results/pose_bound.json",
        frozenset({"pairs_per_object", "noise"}),
        lambda content: (
            f"python benchmarks/pose_bound.py --pairs {content.pairs_per_object} --seed {content.seed}"
        ),
    ),
    Kind(
        Goals,
        "goals in a row over ROS 2",
        "python benchmarks/action_server.py --json results/action_server.json",
        frozenset({"goals", "ended", "runs"}),
        lambda content: f"python benchmarks/action_server.py --goals {content.goals} --seed {content.seed}",
    ),
    Kind(
        TactileModels,
        "speed and agreement of the tactile models",
        "python benchmarks/tactile_models.py --json results/tactile_models.json",
        frozenset({"grasps_per_object", "grasps_per_second", "objects"}),
        lambda content: (
            f"python benchmarks/tactile_models.py --grasps {content.grasps_per_object} --seed {content.seed}"
        ),
    ),
    Kind(
        Finetuning,
        "what recorded grasps of one robot are worth",
        "python benchmarks/finetuning.py --json results/finetuning.json",
        frozenset({"comparison", "methods", "rows", "cells"}),
    ),
    Kind(
        Ablations,
        "what each part of the policy is worth",
        "python benchmarks/ablations.py --json results/ablations.json",
        frozenset({"variants", "trials_per_object"}),
    ),
    Kind(
        Tracking,
        "one target, many disturbances in a row",
        "python benchmarks/tracking.py --json results/tracking.json",
        frozenset({"disturbances", "plants", "goal"}),
    ),
    Kind(
        Latency,
        "from a reading's stamp to its correction",
        "python benchmarks/latency.py --json results/latency.json",
        frozenset({"latency_p50_ms", "inference_p50_ms", "load_average"}),
    ),
    Kind(
        RegraspLearned,
        "what the regrasp model learned",
        "python benchmarks/regrasp_learned.py --json results/regrasp_learned.json",
        frozenset({"force_curves", "height_curves"}),
    ),
    Kind(
        RegraspSearch,
        "speed of the choice of a regrasp",
        "python benchmarks/regrasp_search.py --json results/regrasp_search.json",
        frozenset({"search", "naive", "times_faster"}),
    ),
)


def chapters(sources: Sources) -> list[Section]:
    """All chapters about benchmarks."""
    return [
        *limits.chapters(sources.of(PoseBound)),
        *finetuning.chapters(sources.of(Finetuning)),
        *ablations.chapters(sources.of(Ablations)),
        *tracking.chapters(sources.of(Tracking)),
        *regrasp.chapters(sources.of(RegraspLearned), sources.of(RegraspSearch)),
        *ros.chapters(sources.of(Goals), sources.of(Latency)),
        *throughput.chapters(sources.of(TactileModels)),
    ]
