"""`cpc serve`: BentoML with one worker, so that there is one copy of the model."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cpc_classifier.bundle import ModelBundle, starter
from cpc_classifier.errors import ServiceError
from cpc_classifier.settings import Settings

__all__ = ["serve"]


class AddressError(ServiceError):
    """An address that cannot be listened on."""

    code = "bad_address"


def _check_address(host: str, port: int) -> None:
    """Refuses an address BentoML would fail on later, with a traceback."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError as error:
        raise AddressError(
            f"{host!r} is not an IP address; take 127.0.0.1 (this machine) or 0.0.0.0 (all)."
        ) from error
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressError(
                f"cannot listen on {host} port {port}: {error.strerror}. "
                "Choose another with --port or CPC_PORT."
            ) from error


def _check_operations(settings: Settings) -> None:
    """Tells what is wrong with keys, proxies and traces here, and not from within a worker."""
    from cpc_classifier.service_access import check_exposure
    from cpc_classifier.service_traces import otlp_exporter

    check_exposure(settings)
    if settings.traces:
        otlp_exporter(settings.traces)


def _export(settings: Settings, home: str) -> None:
    """Hands the settings to the worker, which is a process of its own."""
    os.environ["CPC_BUNDLE"] = settings.bundle
    os.environ["CPC_HOST"] = settings.host
    os.environ["CPC_PORT"] = str(settings.port)
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    # Two servers with one home would wipe each other's metrics.
    os.environ.setdefault("BENTOML_HOME", home)


def _run(settings: Settings) -> None:
    # What CpcService.serve_http does, but for log handlers of its own that it sets first.
    from _bentoml_impl.server import serve_http  # type: ignore[import-untyped]

    from cpc_classifier.service import CpcService
    from cpc_classifier.service_logs import configure

    service: Any = CpcService  # bentoml's decorator hides from mypy what it makes of the class
    configure(settings.log_format)
    service.inject_config()
    serve_http(service, host=settings.host, port=settings.port)


@click.command(epilog="Example:  cpc serve --port 3000")
@click.option("--host", help="IP address to listen on. Default: $CPC_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: $CPC_PORT, else 3000.")
@click.option(
    "--bundle",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Model bundle. Default: $CPC_BUNDLE, else the starter.",
)
def serve(host: str | None, port: int | None, bundle: Path | None) -> None:
    """Serve the REST API and the page until Ctrl-C or SIGTERM.

    Limits are set in the environment: CPC_MAX_BODY_MB, CPC_MAX_FILINGS, CPC_MAX_CHARS,
    CPC_QUEUE_FILINGS, CPC_THREADS; so are keys (CPC_KEYS_FILE, `cpc key new`), single sign-on, logs
    and traces.
    """
    settings = Settings.from_environment()
    settings = replace(
        settings,
        host=host or settings.host,
        port=port or settings.port,
        bundle=str((bundle or Path(settings.bundle)).absolute())
        if bundle or settings.bundle
        else "",
    )
    _check_address(settings.host, settings.port)
    _check_operations(settings)
    # A damaged bundle is told here, in one line, not from within a worker.
    ModelBundle.load(Path(settings.bundle) if settings.bundle else starter())
    with tempfile.TemporaryDirectory(prefix="cpc-serve-") as home:
        _export(settings, home)
        _run(settings)
