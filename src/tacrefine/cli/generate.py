"""`tacrefine generate`: simulated grasps as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.options import Processes, RayAddress


def generate(
    out: Annotated[Path, typer.Option(help="Folder of the dataset; an unfinished one is completed.")],
    config: Annotated[
        str, typer.Option(help="Dataset description: a name in config/data or a YAML file.")
    ] = "default",
    samples: Annotated[
        int | None, typer.Option(min=1, help="Valid grasps at least, instead of the description's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the description's.")] = None,
    hand: Annotated[str | None, typer.Option(help="Hand, instead of the description's.")] = None,
    objects: Annotated[str | None, typer.Option(help="Object set, instead of the description's.")] = None,
    plant: Annotated[str | None, typer.Option(help="Plant, instead of the description's.")] = None,
    processes: Processes = None,
    ray: RayAddress = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Simulate random grasps and write them in shards; killed and called again, it goes on where it was."""
    import time

    from tacrefine.cli.progress import progress_bar
    from tacrefine.config import resolve
    from tacrefine.data.generation import generate_dataset
    from tacrefine.data.settings import load_dataset_settings
    from tacrefine.provenance import write_figures

    changes = {"samples": samples, "seed": seed, "hand": hand, "objects": objects, "plant": plant}
    given = {key: value for key, value in changes.items() if value is not None}
    settings = load_dataset_settings(config).model_copy(update=given)
    for kind, name in (("hands", settings.hand), ("objects", settings.objects), ("plants", settings.plant)):
        resolve(kind, name)
    there = len(list(out.glob("shard-*.safetensors")))
    started = time.monotonic()
    with progress_bar("grasps", settings.samples) as advance:
        index = generate_dataset(
            settings, out, lambda done, total: advance(done, total=total), processes, ray
        )
    seconds = time.monotonic() - started
    simulated = sum(shard["groups"] for shard in index["shards"][there:]) * settings.groups.size
    figures: dict[str, Any] = {
        "samples": index["samples"],
        "simulated_in_this_run": simulated,
        "shards": len(index["shards"]),
        "seconds": round(seconds, 2),
        "grasps_per_second": round(simulated / seconds),
        "settings": index["settings"],
    }
    print(
        f"{figures['samples']} valid grasps in {figures['shards']} shards -> {out} "
        f"({seconds:.1f} s, {figures['grasps_per_second']} grasps/s)"
    )
    if json_file is not None:
        write_figures(json_file, figures)
