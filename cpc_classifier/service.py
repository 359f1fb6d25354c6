"""The BentoML service: one worker, one copy of the model, our own routes.

`cpc serve` runs it; so does `bentoml serve cpc_classifier.service:CpcService`. BentoML answers
`/livez` and `/readyz`; everything else is `cpc_classifier.service_app`. Its usage tracking, its
documentation page (which loads a tag manager), its request metrics (a series for every path), its
traces (spans with addresses) and its access log (which shows paths) are switched off or covered.
"""

from __future__ import annotations

import logging
import os

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")  # read when bentoml is imported
# Read by uvicorn: a caller's address is that of the connection, whatever X-Forwarded-For says.
os.environ["FORWARDED_ALLOW_IPS"] = ""

import bentoml
from starlette.types import Receive, Scope, Send

from cpc_classifier import service_logs, service_traces
from cpc_classifier.service_app import create_app
from cpc_classifier.service_edge import Edge
from cpc_classifier.service_engine import Engine
from cpc_classifier.settings import Settings
from taxonomy.errors import CpcError

__all__ = ["CpcService"]

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 600
"""BentoML keeps a timer for every request for this long, and answers 504 in its own shape."""


class Mounted:
    """What BentoML mounts at import; the application comes with the instance.

    Not a Starlette object: BentoML would pass paths that it does not know on to its own page.
    """

    def __init__(self) -> None:
        self.edge: Edge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands a request on."""
        if self.edge is None:
            raise RuntimeError("a request came before the service was made")
        await self.edge(scope, receive, send)


_MOUNTED = Mounted()


@bentoml.service(
    name="cpc_classifier",
    workers=1,
    traffic={"timeout": _TIMEOUT_S},
    metrics={"enabled": False},
    tracing={"excluded_urls": ".*"},
    logging={"access": {"enabled": False}},
)
@bentoml.asgi_app(_MOUNTED, path="/", name="cpc")
class CpcService:
    """CPC symbols for patent filings."""

    def __init__(self) -> None:
        settings = Settings.from_environment()
        service_logs.configure(settings.log_format)
        self._engine = Engine(settings)
        try:
            _MOUNTED.edge = Edge(create_app(self._engine))
        except CpcError as error:  # of the traceback that uvicorn logs, one line is left
            _LOG.error("the service cannot start: %s", error)
            raise
        if settings.traces:
            service_traces.start(service_traces.otlp_exporter(settings.traces))
        self._engine.start()

    def __is_ready__(self) -> bool:
        return self._engine.ready

    def __is_alive__(self) -> bool:
        return not self._engine.failed

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Ends the worker thread and sends the last spans; called by BentoML."""
        self._engine.stop()
        service_traces.stop()
