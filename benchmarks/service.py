"""The service against the model in process, alone, at its limit, and while bundles are swapped.

    make bench                        # or: .venv/bin/python benchmarks/service.py
    make bench ARGS='--only swaps --bundle FOLDER'

Clients are on the same machine and share its cores with the service. Filings are real ones where
they are at hand, their bodies as an intake system sends them. Ratios are of one run: what is
compared is measured in turns. Exit status 1: a request was lost, or an answer mixed two bundles.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from filings import write_filings
from load import Outcome, closed, free_port, metric, offered, resident_mb, served, service
from machine import bundle_folder, heading, measured, need_modules, spread, stop

PARTS = ("throughput", "adaptive", "lone", "overload", "swaps", "soak")
PATH = "/v1/suggest"


def bodies_of(lines: list[str], size: int) -> list[tuple[bytes, int]]:
    """Filings, so many a request."""
    parts = [lines[i : i + size] for i in range(0, len(lines), size)]
    return [(f'{{"filings": [{",".join(own)}]}}'.encode(), len(own)) for own in parts]


def in_process(bundle: Path, file: Path, what: str) -> dict[str, Any]:
    """The model without a service, in a process of its own."""
    return measured(__file__, "--child", what, "--bundle", bundle, "--file", file)


def child(what: str, bundle: Path, file: Path) -> None:
    """What that process does; prints JSON."""
    from cpc_classifier.classifier import Classifier
    from cpc_classifier.filing import ClassifiedFiling, Filing
    from cpc_classifier.intake.read import read_filings

    classifier = Classifier.load(bundle, threads=1 if what == "lone" else 0)
    filings: list[Filing] = [
        found.filing for found in read_filings(file) if isinstance(found, ClassifiedFiling)
    ]
    if what == "whole":
        classifier.suggest(filings[:64])
        began = time.perf_counter()
        classifier.suggest(filings)
        print(json.dumps({"per_s": len(filings) / (time.perf_counter() - began)}))
        return
    prepared = [classifier.prepare([filing])[0] for filing in filings]
    taken, steps = [], []
    for own in (*prepared[:10], *prepared):
        began = time.perf_counter()
        encoded = classifier.run([own])  # type: ignore[list-item]
        taken.append(1e3 * (time.perf_counter() - began))
        classifier.conclude([own.id], encoded)
        steps.append(1e3 * (time.perf_counter() - began) - taken[-1])
    print(json.dumps({"ms": taken[10:], "after": steps[10:]}))


def show(name: str, found: Outcome, ratio: str = "") -> None:
    """A line of the table."""
    p50, p99 = (found.percentile(share) for share in (0.5, 0.99))
    statuses = ", ".join(f"{k or 'lost'}: {v:,}" for k, v in sorted(found.statuses.items()))
    print(
        f"| {name} | {found.per_s:.1f} | {p50:.0f} | {p99:.0f} | {statuses} | {ratio} |", flush=True
    )


def throughput(bundle: Path, file: Path, lines: list[str], rounds: int) -> list[str]:
    """Service against in process, and the padding of what it ran."""
    print("\n| clients | filings/s | p50 ms | p99 ms | answers | of in process |")
    print("|---|---|---|---|---|---|")
    faults: list[str] = []
    with service(bundle) as (url, _):
        closed(url, PATH, bodies_of(lines[:64], 1), 8)
        for _ in range(rounds):
            alone = in_process(bundle, file, "whole")["per_s"]
            print(f"| in process | {alone:.1f} | | | | |")
            for name, size, clients in (("4, of 32 filings", 32, 4), ("64, of one", 1, 64)):
                kinds = ("text", "padding")
                before = [metric(url, "cpc_tokens_total", kind=kind) for kind in kinds]
                found = closed(url, PATH, bodies_of(lines, size), clients)
                after = [metric(url, "cpc_tokens_total", kind=kind) for kind in kinds]
                text, padding = (b - a for a, b in zip(before, after, strict=True))
                share = padding / (text + padding)
                show(name, found, f"{found.per_s / alone:.2f}; padding {share:.1%}")
                faults += found.faults + [f"status {s}" for s in found.statuses if s != 200]
    return faults


def adaptive(bundle: Path, file: Path, lines: list[str], rounds: int) -> list[str]:
    """64 clients with one filing each: ours, and the same graph behind BentoML's own batching."""
    from cpc_classifier.bundle import ModelBundle
    from cpc_classifier.encoder import filing_text
    from cpc_classifier.filing import ClassifiedFiling
    from cpc_classifier.intake.read import read_filings

    spec = ModelBundle.load(bundle).manifest.text
    texts = [
        filing_text(found.filing, spec.fields, spec.max_chars)
        for found in read_filings(file)
        if isinstance(found, ClassifiedFiling)
    ]
    theirs = [(json.dumps({"texts": [text]}).encode(), 1) for text in texts]
    port, here = free_port(), Path(__file__).parent
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bentoml", "serve", "adaptive:Adaptive", "--port", str(port)]
    paths = {"PYTHONPATH": f"{here}:{here.parent}", "CPC_BUNDLE": str(bundle)}
    print("\n| 64 clients, of one | filings/s | p50 ms | p99 ms | answers | |")
    print("|---|---|---|---|---|---|")
    for _ in range(rounds):
        with service(bundle) as (own, _process):
            closed(own, PATH, bodies_of(lines[:64], 1), 8)
            ours = closed(own, PATH, bodies_of(lines, 1), 64)
        with served(command, url, "/readyz", **paths):
            closed(url, "/encode", theirs[:64], 64)
            closed(url, "/encode", theirs, 64)  # it learns its waiting time from its load
            other = closed(url, "/encode", theirs, 64)
        show("BentoML's adaptive batching", other)
        show("ours", ours, f"{ours.per_s / other.per_s:.2f} times")
    return []


def lone(bundle: Path, file: Path, lines: list[str], rounds: int) -> list[str]:
    """One client, against the bare graph on one thread."""
    print(
        "\n| alone | bare graph p50 ms | memory, scores, decoding p50 ms | request p50 ms | more |"
    )
    print("|---|---|---|---|---|")
    with service(bundle) as (url, _):
        closed(url, PATH, bodies_of(lines[:16], 1), 1)
        for turn in range(rounds):
            bare = in_process(bundle, file, "lone")
            for name in ("idle", "after a burst"):
                if name != "idle":
                    closed(url, PATH, bodies_of(lines, 1), 64)
                found = closed(url, PATH, bodies_of(lines[:100], 1), 1)
                graph, after = (sorted(bare[k])[len(bare[k]) // 2] for k in ("ms", "after"))
                p50 = found.percentile(0.5)
                print(
                    f"| round {turn + 1}, {name} | {graph:.1f} | {after:.1f} | {p50:.1f} | "
                    f"{p50 - graph:+.1f} |",
                    flush=True,
                )
    return []


def overload(bundle: Path, lines: list[str], seconds: float) -> list[str]:
    """Twice what it can do: who is taken is answered in time, who is not is told when."""
    limits = {"CPC_QUEUE_FILINGS": "200", "CPC_MAX_FILINGS": "200", "CPC_DEADLINE_S": "30"}
    with service(bundle, **limits) as (url, process):
        most = closed(url, PATH, bodies_of(lines, 1), 64).per_s
        memory: list[float] = []
        found = offered(
            url,
            PATH,
            bodies_of(lines, 1),
            2 * most,
            seconds,
            lambda _: memory.append(resident_mb(process)),
        )
        print(f"\ncapacity {most:.1f} filings/s; {2 * most:.1f} offered for {seconds:.0f} s")
        print("| | filings/s | p50 ms | p99 ms | answers | memory MB |\n|---|---|---|---|---|---|")
        show("twice the capacity", found, spread(memory, ".0f"))
    slow = [s for s in found.seconds if s > 30]
    wrong = {s: n for s, n in found.statuses.items() if s not in (200, 429)}
    return (
        found.faults
        + ([f"{len(slow)} after their deadline"] if slow else [])
        + ([f"other answers: {wrong}"] if wrong else [])
    )


def swaps(bundle: Path, lines: list[str], count: int) -> list[str]:
    """Bundles swapped under load: every third is loaded anew, the others are taken back."""
    with tempfile.TemporaryDirectory() as folder, service(bundle) as (url, _):
        others = [Path(folder) / name for name in "ab"]
        for name, other in zip("ab", others, strict=True):
            shutil.copytree(bundle, other)
            _renamed(other, f"bench-{name}")
        done: list[str] = []
        ended = threading.Event()

        def swap() -> None:
            with httpx2.Client(base_url=url, timeout=300) as client:
                for turn in range(count):
                    if turn % 3 == 0:
                        asked = {"folder": str(others[turn // 3 % 2])}
                        answer = client.post("/v1/admin/bundle", json=asked)
                    else:
                        to = client.get("/v1/admin/bundle").json()["previous"]["sha256"]
                        answer = client.post("/v1/admin/bundle/rollback", json={"to": to})
                    done.append("" if answer.status_code == 200 else answer.text[:200])
                    time.sleep(0.5)
            ended.set()

        swapper = threading.Thread(target=swap)
        swapper.start()
        whole = Outcome()
        print(f"\n| {count} swaps under load | filings/s | p50 ms | p99 ms | answers | |")
        print("|---|---|---|---|---|---|")
        while not ended.is_set():
            found = closed(url, PATH, bodies_of(lines, 4), 16, most_s=20)
            whole.statuses += found.statuses
            whole.bundles += found.bundles
            whole.faults += found.faults
            whole.seconds += found.seconds
            whole.filings += found.filings
            whole.wall_s += found.wall_s
        swapper.join()
        show("16 clients, of 4 filings", whole, f"{len(whole.bundles)} bundles answered")
    refused = [text for text in done if text]
    lost = {s: n for s, n in whole.statuses.items() if s != 200}
    return whole.faults + refused + ([f"lost: {lost}"] if lost else [])


def soak(bundle: Path, lines: list[str], seconds: float) -> list[str]:
    """Four fifths of the capacity for a long time."""
    with service(bundle) as (url, process):
        most = closed(url, PATH, bodies_of(lines, 1), 64).per_s
        memory: list[tuple[float, float]] = []
        found = offered(
            url,
            PATH,
            bodies_of(lines, 1),
            0.8 * most,
            seconds,
            lambda gone: memory.append((gone, resident_mb(process))),
        )
        warm = [mb for gone, mb in memory if gone > 0.2 * seconds]
        tenth = max(1, len(warm) // 10)
        first, last = (sum(own) / len(own) for own in (warm[:tenth], warm[-tenth:]))
        print(
            f"\n{0.8 * most:.1f} filings/s for {seconds:.0f} s; memory MB {spread(warm, '.0f')}, ",
            end="",
        )
        print(f"from the first to the last tenth after a fifth of the time {last / first - 1:+.1%}")
        print("| | filings/s | p50 ms | p99 ms | answers | |\n|---|---|---|---|---|---|")
        show("four fifths of the capacity", found)
    lost = {s: n for s, n in found.statuses.items() if s != 200}
    return found.faults + ([f"lost: {lost}"] if lost else [])


def _renamed(folder: Path, name: str) -> None:
    """Another name in the manifest: another bundle, with the same answers."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"name": name}), encoding="utf-8")


def main() -> None:
    """Measure what was asked for and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="default: the starter")
    parser.add_argument("--filings", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", action="append", choices=PARTS, help="default: all but soak")
    parser.add_argument("--seconds", type=float, help="of the overload (60) and the soak (600)")
    parser.add_argument("--swaps", type=int, default=30)
    parser.add_argument("--synthetic", action="store_true", help="invented words")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.bundle, options.file)
        return
    need_modules("cpc_classifier", "onnxruntime", "bentoml", "psutil")
    if options.filings < 64:
        stop("--filings must be at least 64")
    bundle = bundle_folder(options.bundle)
    print(heading("The service", "onnxruntime", "bentoml", "faiss-cpu", "numpy"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "filings.jsonl"
        print(write_filings(file, options.filings, options.synthetic), flush=True)
        lines = file.read_text(encoding="utf-8").splitlines()
        parts: dict[str, Callable[[], list[str]]] = {
            "throughput": lambda: throughput(bundle, file, lines, options.rounds),
            "adaptive": lambda: adaptive(bundle, file, lines, options.rounds),
            "lone": lambda: lone(bundle, file, lines, options.rounds),
            "overload": lambda: overload(bundle, lines, options.seconds or 60),
            "swaps": lambda: swaps(bundle, lines, options.swaps),
            "soak": lambda: soak(bundle, lines, options.seconds or 600),
        }
        faults: list[str] = []
        for name in options.only or PARTS[:-1]:
            faults += [f"{name}: {fault}" for fault in parts[name]()]
    for fault in faults[:20]:
        print(f"FAULT {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
