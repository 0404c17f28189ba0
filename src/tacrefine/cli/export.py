"""`tacrefine export`: trained weights as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[str, typer.Argument(help="Model: a name in models/ or a folder.")] = "five_finger",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Rewrite policy.onnx from weights.safetensors and check that both answer the same."""
    from tacrefine.policy.exporting import AGREEMENT, export_model
    from tacrefine.policy.runtime import model_folder
    from tacrefine.provenance import write_figures

    folder = model_folder(model)
    difference = export_model(folder)
    print(
        f"{folder / 'policy.onnx'}: agrees with the weights within {difference:.1e} m or rad (allowed {AGREEMENT:.0e})"
    )
    if json_file is not None:
        write_figures(json_file, {"model": model, "largest_difference": difference})
