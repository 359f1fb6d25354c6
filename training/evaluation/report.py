"""The report of an evaluation and of a comparison, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taxonomy.symbol import Rank
from training.evaluation.bootstrap import LEVEL, RESAMPLES
from training.evaluation.counts import FREQUENCIES

__all__ = ["comparison_report", "report"]

PLOTS = {
    "reliability.png": "Reliability: is a first guess right as often as its score says?",
    "risk_coverage.png": "Risk and coverage: wrong first guesses among the surest",
    "confusion.png": "Subclasses taken for others",
}
NOT_FIGURES = frozenset({"filings", "complete", "best_k", "intervals"})
GROUPS = {
    "by_section": "By section",
    "by_frequency": "By frequency in training",
    "by_language": "By language",
}
COLUMNS = ("first", "three", "ten", "recall_at_10", "precision_first")


def report(label: str, told: Sequence[Mapping[str, Any]], plots: Sequence[str]) -> str:
    """The report of one model.

    Args:
        label: of the model.
        told: the figures of each file, as from `figures`, with its name as ``data``; the last is
            what the details are told of.
        plots: names of the files drawn.
    """
    whole = told[-1]
    parts = [
        f"# Evaluation of {label}",
        _preface(),
        "## Guesses",
        _summary(told),
        *_warnings(told),
        *([_assigned(told)] if any("assign" in each for each in told) else []),
        f"## All figures: {whole['data']}",
        _everything(whole),
        *_groups(whole),
        *_confused(whole),
        *[f"![{PLOTS[name]}]({name})" for name in plots],
    ]
    return "\n\n".join(parts) + "\n"


def comparison_report(told: Sequence[Mapping[str, Any]]) -> str:
    """The report of a comparison.

    Args:
        told: of each file, as from `compare`, with its name as ``data`` and the names of both
            ``bundles``.
    """
    first, second = told[-1]["bundles"]
    parts = [
        f"# {first} and {second} on the same filings",
        f"**{told[-1]['verdict']}** (file: {told[-1]['data']})",
        "Guesses are tested with McNemar's exact test, p-values adjusted for their number (Holm). "
        f"Other differences have intervals ({LEVEL:.0%}) and p-values from {RESAMPLES:,} samples "
        "of filings, not adjusted. `docs/evaluation.md` explains each figure.",
        *_warnings(told),
    ]
    for each in told:
        parts += [f"## {each['data']}: {each['filings']:,} filings", str(each["verdict"])]
        parts.append(_tests(each, first, second))
        for rank, found in each["differences"].items():
            parts += [f"### {rank}", _differences(found, first, second)]
    return "\n\n".join(parts) + "\n"


def _preface() -> str:
    return (
        f"In brackets: {LEVEL:.0%} intervals from {RESAMPLES:,} samples of the filings. A dash: "
        "the labels cannot tell, because some true symbols may not be listed. `docs/evaluation.md` "
        "of the project explains each figure."
    )


def _summary(told: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for each in told:
        for rank in _ranks(each):
            found = each[rank]
            by_chance = found.get("ece_first_chance")
            beside = f"{by_chance['mean']:.3f}" if by_chance else "-"
            rows.append(
                (
                    each["data"],
                    rank,
                    f"{found['filings']:,}",
                    *(_told(found, name) for name in ("first", "three", "ten")),
                    _told(found, "hierarchical_f1"),
                    _told(found, "ece_first"),
                    beside,
                )
            )
    head = "file", "rank", "filings", "first guess", "one of three", "one of ten"
    return _table((*head, "hierarchical F1", "ECE first", "ECE by chance"), rows)


def _warnings(told: Sequence[Mapping[str, Any]]) -> list[str]:
    seen = [e for e in told if e["in_memory"]]
    return [
        f"**{e['data']}: {e['in_memory']:,} of {e['filings']:,} filings are in a bundle's memory; "
        "these figures flatter.**"
        for e in seen
    ] + [
        f"**{e['data']}: {e['incoherent']:,} guesses score above their parent.**"
        for e in told
        if e.get("incoherent")
    ]


def _assigned(told: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for each in told:
        found = each.get("assign")
        if found is None:
            continue
        precision, holds = "-", "-"
        if "precision" in found:
            low, high = found["interval"]
            precision = f"{found['precision']:.3f} [{low:.3f}, {high:.3f}]"
            holds = "yes" if found["holds"] else "no"
        rows.append(
            (
                each["data"],
                f"{found['rank']}, score at least {found['threshold']:.2f}",
                f"{found['assigned']:,} of {found['filings']:,} ({found['coverage']:.0%})",
                precision,
                f"{found['promised']:.2f}",
                holds,
            )
        )
    head = "file", "rule", "assigned", "precision [exact interval]", "promised", "promise in reach"
    return "## Assigned without a review\n\n" + _table(head, rows)


def _everything(whole: Mapping[str, Any]) -> str:
    ranks = _ranks(whole)
    names = dict.fromkeys(
        name
        for rank in ranks
        for name, value in whole[rank].items()
        if name not in NOT_FIGURES and isinstance(value, float)
    )
    counted = [
        (name, *(f"{whole[rank].get(name, '-'):}" for rank in ranks))
        for name in ("filings", "complete", "best_k")
    ]
    rows = [(f"`{name}`", *(_told(whole[rank], name) for rank in ranks)) for name in names]
    return _table(("figure", *ranks), counted + rows)


def _groups(whole: Mapping[str, Any]) -> list[str]:
    parts = []
    for key, title in GROUPS.items():
        for rank in _ranks(whole):
            groups = whole[rank].get(key)
            if not groups:
                continue
            rows = [
                (name, f"{found['filings']:,}", *(_told(found, column) for column in COLUMNS))
                for name, found in groups.items()
            ]
            head = "group", "filings", *COLUMNS
            parts.append(f"## {title}: {rank}\n\n" + _table(head, rows))
        if key == "by_frequency" and parts:
            parts.append(_cuts())
    return parts


def _cuts() -> str:
    least = ", ".join(f"{name} from {n}" for name, n in FREQUENCIES.items() if n)
    return f"Training filings that have the symbol: {least}, unseen without any."


def _confused(whole: Mapping[str, Any]) -> list[str]:
    pairs = whole.get(Rank.SUBCLASS.label, {}).get("confused", ())
    if not pairs:
        return []
    rows = [(p["true"], p["guess"], f"{p['filings']:.1f}", str(p["of"])) for p in pairs]
    head = "true subclass", "first guess", "filings", "of those with it"
    return ["## Most confused subclasses\n\n" + _table(head, rows)]


def _tests(each: Mapping[str, Any], first: str, second: str) -> str:
    rows = [
        (
            test["rank"],
            test["figure"],
            f"{test['filings']:,}",
            f"{test['first']:.3f}",
            f"{test['second']:.3f}",
            f"{test['only_first']} / {test['only_second']}",
            _p(test["p"]),
            _p(test["p_adjusted"]),
            _winner(test["better"], first, second),
        )
        for test in each["tests"]
    ]
    head = "rank", "guesses", "filings", first, second, "only one is right", "p", "p adjusted"
    return _table((*head, "better"), rows)


def _differences(found: Mapping[str, Any], first: str, second: str) -> str:
    rows = []
    for name, pair in found.items():
        low, high = pair["interval"]
        rows.append(
            (
                f"`{name}`",
                f"{pair['first']:.4f}",
                f"{pair['second']:.4f}",
                f"{pair['difference']:+.4f} [{low:+.4f}, {high:+.4f}]",
                _p(pair["p"]),
                _winner(pair["better"], first, second),
            )
        )
    return _table(("figure", first, second, "difference", "p", "interval speaks for"), rows)


def _winner(better: str, first: str, second: str) -> str:
    return {"first": first, "second": second}.get(better, "neither")


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def _told(found: Mapping[str, Any], name: str) -> str:
    if name not in found:
        return "-"
    low, high = found["intervals"][name]
    digits = 5 if 0 < abs(found[name]) < 0.01 else 3
    return f"{found[name]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _ranks(each: Mapping[str, Any]) -> list[str]:
    return [rank.label for rank in Rank if rank.label in each]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
