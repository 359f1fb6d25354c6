"""``cpc train``: the command group of this package; needs the extra ``[train]``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click

__all__ = ["train"]


@click.group()
def train() -> None:
    """Train, evaluate and export bundles."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


@train.command(epilog="Example:  cpc train fit starter --data ../shared/data --run runs/starter")
@click.argument("recipe")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder that the recipe's paths are relative to.",
)
@click.option(
    "--run",
    "run_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where steps are kept and resumed.  [default: runs/NAME]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder of the new bundle.  [default: RUN/finished]",
)
def fit(recipe: str, data: Path, run_folder: Path | None, out: Path | None) -> None:
    """Make a bundle from RECIPE, a TOML file or the name of a packaged one.

    Run the same command again to go on after an interruption.
    """
    from training.pipeline import fit as make
    from training.recipe_file import find_recipe, load_recipe

    loaded = load_recipe(find_recipe(recipe))
    run = run_folder or Path("runs") / loaded.name
    click.echo(json.dumps(make(loaded, data, run, out or run / "finished")))


@train.command(
    epilog="Example:  cpc train evaluate cpc_classifier/bundles/starter "
    "../shared/data/patents/test_claims.jsonl.gz"
)
@click.option("--record", is_flag=True, help="Write the figures into the bundle's manifest.")
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument(
    "data", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def evaluate(bundle: Path, data: tuple[Path, ...], record: bool) -> None:
    """Measure BUNDLE on labelled filings in DATA (JSON lines).

    One JSON object a file, and one more over all of them where there are several.
    """
    from cpc_classifier.classifier import Classifier
    from training.evaluate import Evaluation, read_labelled, record_figures
    from training.evaluate import evaluate as measure

    classifier = Classifier.load(bundle)

    def tell(name: str, found: Evaluation) -> None:
        click.echo(json.dumps({"data": name} | found.figures()))
        if record:
            record_figures(bundle, name, found.figures())

    together: Evaluation | None = None
    for path in data:
        found = measure(classifier, read_labelled(path))
        tell(path.name, found)
        if together is None:
            together = found
        else:
            together += found
    if together is not None and len(data) > 1:
        tell("all", together)
