"""`tacrefine data`: learn from labelled presses, tables of tactile readings at places that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

data = typer.Typer(no_args_is_help=True, help="Learn from tables of labelled presses.")

Dataset = Annotated[Path, typer.Argument(help="Folder that tacrefine data import wrote.")]
TableFile = Annotated[Path, typer.Argument(help="Table: a .csv, .npz or .parquet file.")]
Config = Annotated[str, typer.Option(help="How to train: a name in config/presses or a YAML file.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Training steps, instead of the description's.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


@data.command("import")
def import_table(
    table: TableFile,
    description: Annotated[
        Path, typer.Option(help="YAML file that says which columns are touch, coordinates and groups.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the dataset; it must be empty or not there.")],
    json_file: JsonFile = None,
) -> None:
    """Make a dataset of a table of readings and measured coordinates."""
    from tacrefine.data.presses.dataset import write_presses
    from tacrefine.data.presses.description import load_table_description
    from tacrefine.data.presses.presses import presses_of
    from tacrefine.data.presses.table import read_table

    found = presses_of(read_table(table), load_table_description(description))
    index = write_presses(found, table, out)
    for note in found.notes:
        print(f"note: {note}")
    print(
        f"{len(found)} presses in {index['groups']} groups, {found.readings.shape[1]} columns of touch, "
        f"coordinates {', '.join(found.description.names)} -> {out}"
    )
    _write(json_file, {"presses": len(found), "groups": index["groups"], "notes": list(found.notes)})


@data.command()
def train(
    dataset: Dataset,
    out: Annotated[Path, typer.Option(help="Folder of the model; an older one in it is replaced.")],
    config: Config = "default",
    start_from: Annotated[
        Path | None, typer.Option(help="Begin with the weights of this model, of the same kind of table.")
    ] = None,
    steps: Steps = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the description's.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Train a model on all presses of a dataset."""
    from tacrefine.cli.progress import progress_bar
    from tacrefine.data.presses.dataset import read_presses
    from tacrefine.policy.presses.publishing import load_press_model, publish_presses
    from tacrefine.policy.presses.training import train_presses
    from tacrefine.provenance import command

    presses, checksum = read_presses(dataset)
    start = load_press_model(start_from) if start_from is not None else None
    settings = _settings(config, steps=steps, seed=seed)
    with progress_bar("steps", settings.steps) as advance:
        model = train_presses(presses, settings, start, lambda done, total: advance(done, total=total))
    card = publish_presses(model, out, command(), {"dataset_sha256": checksum}, {})
    print(f"model {card.model_id}, trained on {len(presses)} presses -> {out}")
    _write(json_file, card.model_dump(mode="json"))


@data.command()
def folds(
    dataset: Dataset,
    count: Annotated[
        int,
        typer.Option("--folds", min=0, help="Parts that the groups are split into; 0: each group is one."),
    ] = 0,
    config: Config = "default",
    steps: Steps = None,
    json_file: JsonFile = None,
) -> None:
    """Cross-validate: train without one part of the groups, predict that part; for each part in turn."""
    from tacrefine.cli.progress import progress_bar
    from tacrefine.data.presses.dataset import read_presses
    from tacrefine.policy.presses.evaluation import folds as run

    presses, checksum = read_presses(dataset)
    settings = _settings(config, steps=steps)
    with progress_bar("steps", 0) as advance:
        figures = run(presses, settings, count, lambda done, total: advance(done, total=total))
    for row in figures["folds"]:
        _show(f"fold {row['fold']}", row)
    _show("mean", figures["mean"])
    _write(json_file, {"dataset_sha256": checksum, **figures})


@data.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a model that tacrefine data train wrote.")],
    dataset: Dataset,
    json_file: JsonFile = None,
) -> None:
    """Measure a model on the presses of another dataset."""
    from tacrefine.data.presses.dataset import read_presses
    from tacrefine.policy.presses.evaluation import press_figures
    from tacrefine.policy.presses.publishing import load_press_model

    loaded = load_press_model(model)
    presses, checksum = read_presses(dataset)
    figures = press_figures(loaded, presses)
    _show("all", figures)
    _write(json_file, {"dataset_sha256": checksum, **figures})


@data.command()
def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a model that tacrefine data train wrote.")],
    table: TableFile,
    out: Annotated[Path, typer.Option(help="CSV file to write: row, each coordinate and its sigma.")],
    description: Annotated[
        Path | None, typer.Option(help="YAML file where this table has other columns than the model's.")
    ] = None,
) -> None:
    """Predict the coordinates of every row of a table, each with its standard deviation; no labels are needed."""
    from tacrefine.data.presses.description import load_table_description
    from tacrefine.data.presses.presses import presses_of
    from tacrefine.data.presses.table import read_table
    from tacrefine.policy.presses.prediction import write_predictions
    from tacrefine.policy.presses.publishing import load_press_model

    loaded = load_press_model(model)
    told = load_table_description(description) if description is not None else loaded.description
    presses = presses_of(read_table(table), told, labelled=False)
    write_predictions(loaded, presses, out)
    print(f"{len(presses)} rows -> {out}")


def _settings(config: str, **changes: Any) -> Any:
    from tacrefine.policy.presses.settings import load_press_training

    given = {key: value for key, value in changes.items() if value is not None}
    return load_press_training(config).model_copy(update=given)


def _show(what: str, figures: Mapping[str, Any]) -> None:
    """One line for each kind of prediction."""
    for kind in ("absolute", "increment"):
        if kind in figures:
            parts = [
                f"{name} {one['rmse']:.3f} {one['unit']} ({100 * one['covered']:.0f} %)"
                for name, one in figures[kind].items()
            ]
            print(f"{what}: {kind}: {', '.join(parts)}")


def _write(json_file: Path | None, figures: dict[str, Any]) -> None:
    from tacrefine.provenance import write_figures

    if json_file is not None:
        write_figures(json_file, figures)
