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
@click.option(
    "--from",
    "start",
    metavar="BUNDLE",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Go on from BUNDLE: its encoder reads the recipe's filings, its head and memory learn "
    "them. Minutes instead of hours.",
)
def fit(
    recipe: str, data: Path, run_folder: Path | None, out: Path | None, start: Path | None
) -> None:
    """Make a bundle from RECIPE, a TOML file or the name of a packaged one.

    Run the same command again to go on after an interruption.
    """
    from training.pipeline import fit as make
    from training.recipe_file import find_recipe, load_recipe
    from training.warm_start import warm_start

    loaded = load_recipe(find_recipe(recipe))
    run = run_folder or Path("runs") / loaded.name
    target = out or run / "finished"
    figures = warm_start(loaded, data, start, target) if start else make(loaded, data, run, target)
    if figures:  # of many processes one writes the bundle
        click.echo(json.dumps(figures))


@train.command(epilog="Example:  cpc train corpus starter --data ../shared/data --out card")
@click.argument("recipe")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder that the recipe's paths are relative to.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for the card as JSON and Markdown.",
)
def corpus(recipe: str, data: Path, out: Path | None) -> None:
    """Tell what RECIPE learns from, in counts: the data card.

    docs/corpus.md says what becomes of each record.
    """
    from training.recipe_file import find_recipe, load_recipe
    from training.sources import data_card

    found = data_card(load_recipe(find_recipe(recipe)), data, out)
    click.echo(json.dumps(found, ensure_ascii=False))


@train.command(
    epilog="Example:  cpc train evaluate cpc_classifier/bundles/starter "
    "../shared/data/patents/test_claims.jsonl.gz --out evaluation"
)
@click.option(
    "--compare",
    "other",
    metavar="OTHER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare the bundle OTHER with BUNDLE: a paired test on the same filings.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for the figures (JSON), a report (Markdown) and plots (PNG).",
)
@click.option("--record", is_flag=True, help="Write the main figures into the bundle's manifest.")
@click.option(
    "--train",
    "trained",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Training file to count symbols in; repeatable.  [default: the bundle's memory]",
)
@click.option("--seed", default=0, show_default=True, help="Of the intervals and tests.")
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument(
    "data", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def evaluate(
    bundle: Path,
    data: tuple[Path, ...],
    other: Path | None,
    out: Path | None,
    record: bool,
    trained: tuple[Path, ...],
    seed: int,
) -> None:
    """Measure BUNDLE on labelled filings in DATA (JSON lines).

    One JSON object a file, and one more over all of them where there are several.
    docs/evaluation.md explains each figure.
    """
    from training.evaluation.run import compare_bundles, evaluate_bundle

    if other is None:
        found = evaluate_bundle(bundle, data, trained, out, record, seed)
    elif record:
        raise click.UsageError("--record and --compare exclude each other")
    else:
        found = compare_bundles(other, bundle, data, trained, out, seed)
    for figures in found:
        click.echo(json.dumps(figures, ensure_ascii=False))
