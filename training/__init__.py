"""Everything that makes a bundle: corpora, LoRA, head, calibration, evaluation, export.

Needs the extra ``[train]``. May import ``taxonomy`` and ``cpc_classifier``; nothing imports it
but the ``cpc train`` command group, which is loaded by name when it is asked for.
"""

from __future__ import annotations

__all__: list[str] = []
