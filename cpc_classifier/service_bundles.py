"""Bundles that serve: loading one beside another, which one answers, and comparing two.

A bundle is verified, loaded with the release it was made for, and warm before anything is asked of
it. The comparison counts; it keeps and logs neither a filing nor a symbol.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpc_classifier.classifier import Classifier
from cpc_classifier.errors import BadRequestError
from cpc_classifier.result import FilingResult
from cpc_classifier.service_metrics import Swap, metrics
from taxonomy import releases
from taxonomy.tree import Taxonomy

__all__ = ["Bundles", "Loaded", "Shadow", "load"]

_LOG = logging.getLogger(__name__)
_TOLD_EVERY = 100
"""Filings after which the log says how the bundle in the shadow differs."""
_BEST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A bundle that is there and warm.

    Attributes:
        classifier: used from several threads.
        taxonomy: the imported release that the bundle was made for, else the packaged structure.
        tokens_per_s: what one thread does of texts of full length.
    """

    classifier: Classifier
    taxonomy: Taxonomy
    tokens_per_s: float

    def told(self) -> dict[str, str]:
        """What it is, as JSON values."""
        bundle = self.classifier.bundle
        return {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "release": bundle.manifest.release,
            "sha256": bundle.sha256,
        }


def load(folder: Path | None, threads: int) -> Loaded:
    """Verifies, loads and warms a bundle and its release.

    Args:
        folder: None: the starter.
        threads: batches side by side; 0: one for each core.

    Raises:
        BundleError: no whole bundle there.
    """
    started = time.perf_counter()
    classifier = Classifier.load(folder, threads=threads)
    spent = classifier.warm_up()
    tokens = classifier.bundle.manifest.encoder.max_tokens
    release = classifier.bundle.manifest.release
    scheme = releases.load(release) if release in releases.imported() else releases.packaged()
    _LOG.info("%s ready after %.1f s", classifier.bundle.label, time.perf_counter() - started)
    return Loaded(classifier, scheme, 1e3 * tokens / sum(spent.values()))


class Shadow:
    """A bundle that is asked as well, and how its answers differ from those given.

    Args:
        loaded: the bundle in the shadow.
        against: label of the bundle whose answers are given.
    """

    def __init__(self, loaded: Loaded, against: str) -> None:
        self.loaded = loaded
        self._against = against
        self._filings = self._first = self._route = self._left_out = 0
        self._shared = 0.0

    def told(self) -> dict[str, Any]:
        """What was found so far; shares of the filings compared, null before there is one."""

        def share(count: float) -> float | None:
            return round(count / self._filings, 4) if self._filings else None

        return self.loaded.told() | {
            "filings": self._filings,
            "left_out": self._left_out,
            "same_first": share(self._first),
            "same_route": share(self._route),
            "shared_suggestions": share(self._shared),
        }

    def leave_out(self, filings: int) -> None:
        """Counts filings that were not asked, because the service had no time."""
        self._left_out += filings

    def compare(self, given: FilingResult, other: FilingResult) -> None:
        """Counts the answer given and that of the bundle in the shadow, of one filing."""
        ours, theirs = ([s.symbol for s in r.suggestions[:_BEST]] for r in (given, other))
        same = ours[:1] == theirs[:1]
        together = len(set(ours) | set(theirs))
        self._filings += 1
        self._first += same
        self._route += given.route.decision == other.route.decision
        self._shared += len(set(ours) & set(theirs)) / together if together else 1.0
        metrics().shadow(int(same), int(not same))
        if self._filings % _TOLD_EVERY == 0:
            self.log()

    def log(self) -> None:
        """Says so far how it differs."""
        told = self.told()
        _LOG.info(
            "shadow %s against %s: %d filings, %d left out; same first %s, same route %s, shared "
            "suggestions %s",
            self.loaded.classifier.bundle.label,
            self._against,
            *(told[name] for name in ("filings", "left_out", "same_first", "same_route")),
            told["shared_suggestions"],
        )


class Bundles:
    """Which bundle answers, which one did before, and which one is in the shadow.

    Attributes:
        current: answers; None until the first is loaded.
        previous: kept for going back.
        shadow: asked as well.
    """

    def __init__(self) -> None:
        self.current: Loaded | None = None
        self.previous: Loaded | None = None
        self.shadow: Shadow | None = None

    def told(self) -> dict[str, Any]:
        """What they are, as JSON values."""
        held = {"bundle": self.current, "previous": self.previous, "shadow": self.shadow}
        return {name: own.told() if own else None for name, own in held.items()}

    def use(self, loaded: Loaded, outcome: Swap | None = None) -> None:
        """Lets a bundle answer from now on; a comparison with the one before ends.

        Args:
            loaded: warm.
            outcome: what kind of a swap this is; None for the first bundle.
        """
        self.cast(None)
        self.previous, self.current = self.current, loaded
        metrics().bundle(**loaded.told())
        if outcome:
            metrics().swapped(outcome)
            _LOG.info("%s answers from now on", loaded.classifier.bundle.label)

    def roll_back(self, sha256: str) -> None:
        """Lets the bundle before answer again; without effect where it answers already.

        Args:
            sha256: of that bundle.

        Raises:
            BadRequestError: the bundle before was another one, or there was none.
        """
        if self.current is not None and self.current.told()["sha256"] == sha256:
            return
        if self.previous is None or self.previous.told()["sha256"] != sha256:
            raise BadRequestError(
                f"there is no bundle {sha256[:12]} to go back to; GET /v1/admin/bundle says which "
                "is kept."
            )
        self.use(self.previous, "rolled_back")

    def cast(self, loaded: Loaded | None) -> None:
        """Puts a bundle into the shadow of the one that answers; None ends it."""
        if self.shadow is not None:
            self.shadow.log()
        current = self.current
        self.shadow = (
            Shadow(loaded, current.classifier.bundle.label) if loaded and current else None
        )
