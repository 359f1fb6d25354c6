"""The command line `cpc`: its top, and how every error reaches the user.

Owns the exit statuses: 0 done, 1 an error, a filing that could not be read, or a reader that
closed the pipe, 2 wrong usage, 130 stopped by Ctrl-C. A user never sees a traceback unless
`CPC_DEBUG=1`. The commands lie in `cli_*.py`; this module imports none of their machinery, so
that `cpc --help` is quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib import metadata
from pathlib import Path
from types import TracebackType

import click

from taxonomy.errors import CpcError

__all__ = ["cli", "main"]

_COMMANDS = {
    "suggest": ("cpc_classifier.cli_suggest:suggest", "Suggest CPC symbols for filings."),
    "serve": ("cpc_classifier.cli_serve:serve", "Serve the REST API and the page."),
    "key": ("cpc_classifier.cli_key:key", "Make keys for those who call the service."),
    "symbol": ("cpc_classifier.cli_symbol:symbol", "Look symbols up in the scheme."),
    "taxonomy": (
        "cpc_classifier.cli_taxonomy:taxonomy",
        "Fetch, import, compare CPC releases.",
    ),
    "bundle": ("cpc_classifier.cli_bundle:bundle", "Show and verify a model bundle."),
    "train": ("training.cli:train", "Train, evaluate and export bundles (extra [train])."),
}
_EXTRAS = {
    "accelerate": "train",
    "bentoml": "serve",
    "matplotlib": "train",
    "onnx": "train",
    "onnxruntime": "cpu",
    "onnxscript": "train",
    "peft": "train",
    "prometheus_client": "serve",
    "pydantic": "serve",
    "safetensors": "train",
    "starlette": "serve",
    "torch": "train",
    "transformers": "train",
}
"""Which extra brings a module that may be missing."""


class LazyCommands(click.Group):
    """A group whose commands are imported when they are used, by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a first use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command; `_run` turns a missing extra into one sentence."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _missing(error: ModuleNotFoundError) -> str:
    module = (error.name or "").partition(".")[0]
    extra = _EXTRAS.get(module)
    if extra is None:
        return f"the module {error.name!r} is missing; install cpc-classifier again."
    return f"this needs {module!r}: pip install 'cpc-classifier[{extra}]'"


def _version() -> str:
    try:
        return metadata.version("cpc-classifier")
    except metadata.PackageNotFoundError:
        return "0 (not installed)"


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"cpc {_version()}")
        ctx.exit()


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example:  cpc suggest filings.jsonl --level subclass --limit 3",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Suggest CPC symbols for patent filings."""


def _say(message: str) -> None:
    click.echo(f"cpc: {' '.join(message.split())}", err=True)


def _crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Reports a fault of ours in one line: the kind and the place, never a value."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    _say(f"internal error ({kind.__name__}{place}). CPC_DEBUG=1 shows the traceback.")


def _pipe_closed() -> int:
    """Keeps Python from complaining when it flushes the closed pipe at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    return 1


def _run(arguments: list[str] | None) -> int:
    try:
        status = cli.main(args=arguments, prog_name="cpc", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _say(error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("stopped.")
        return 130
    except CpcError as error:
        _say(str(error))
        return 1
    except ModuleNotFoundError as error:
        _say(_missing(error))
        return 1
    except BrokenPipeError:
        return _pipe_closed()
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        _say(f"{name}{error.strerror or type(error).__name__}.")
        return 1


def main(arguments: list[str] | None = None) -> None:
    """Runs `cpc` and ends the process with its exit status.

    Args:
        arguments: words after `cpc`; those of the process where it is None.
    """
    if not os.environ.get("CPC_DEBUG"):
        sys.excepthook = _crash
    sys.exit(_run(arguments))


if __name__ == "__main__":
    main()
