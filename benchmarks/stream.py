"""Peak memory and speed of reading a weekly USPTO file of 2 GB.

The file is never on disk: this process makes it and writes it into a FIFO, and a process of its
own reads the FIFO with `read_filings`, as it would a file. Exit status 1 where the reader's peak
of resident memory reaches 300 MB, or where a document is lost.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import heading, need_modules, peak_mb, stop
from weekly import weekly_file

MOST_MB = 300.0


def worker(path: Path) -> None:
    """Reads everything; prints how many filings and errors there were, and the peak."""
    from cpc_classifier.filing import ClassifiedFiling
    from cpc_classifier.intake import read_filings

    before, filings, errors, characters = peak_mb(), 0, 0, 0
    for item in read_filings(path, name="weekly.xml"):
        if isinstance(item, ClassifiedFiling) and item.allocations and item.filing.claims:
            filings += 1
            characters += len(item.filing.description)
        else:
            errors += 1
    found = {"filings": filings, "errors": errors, "characters": characters}
    print(json.dumps(found | {"peak_mb": peak_mb(), "before_mb": before}))


def feed(end: int, size: int, largest: int) -> tuple[int, int]:
    """Writes the weekly file into the open FIFO; returns its documents and bytes."""
    documents, written = 0, 0
    with open(end, "wb", buffering=0) as stream:
        for document in weekly_file(size, largest):
            rest = memoryview(document)
            while rest:
                rest = rest[stream.write(rest) :]
            documents += 1
            written += len(document)
    return documents, written


def writing_end(fifo: Path, reader: subprocess.Popen[str]) -> int:
    """Opens the FIFO once the reader has; a reader that dies before leaves nobody waiting."""
    while True:
        try:
            end = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if reader.poll() is not None:
                stop(f"the reader ended early, with status {reader.returncode}")
            time.sleep(0.01)
        else:
            os.set_blocking(end, True)
            return end


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=int, default=2000, help="size in MB (10^6 bytes)")
    parser.add_argument(
        "--largest-mb", type=float, default=6.0, help="size of one document in a thousand"
    )
    options = parser.parse_args()
    if options.mb < 1 or options.largest_mb < 1:
        stop("--mb and --largest-mb must be at least 1")
    if not hasattr(os, "mkfifo"):
        stop("this system has no FIFOs; run it on Linux or macOS")
    need_modules("cpc_classifier", "lxml")
    print(heading("Reading a weekly file", "lxml"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        fifo = Path(folder) / "weekly.fifo"
        os.mkfifo(fifo)
        command = [sys.executable, __file__, "--worker", str(fifo)]
        start = time.perf_counter()
        reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            documents, written = feed(
                writing_end(fifo, reader), options.mb * 10**6, int(options.largest_mb * 10**6)
            )
        except BrokenPipeError:
            stop(f"the reader ended early, with status {reader.wait()}")
        said, _ = reader.communicate()
        seconds = time.perf_counter() - start
    if reader.returncode != 0:
        stop(f"the reader ended with status {reader.returncode}")
    found = json.loads(said)
    print(f"\nwritten   {documents:,} documents, {written / 1e6:,.0f} MB")
    print(f"read      {found['filings']:,} filings, {found['errors']:,} errors")
    print(f"speed     {written / 1e6 / seconds:.1f} MB/s, {seconds:.1f} s with start and generator")
    print(f"peak      {found['peak_mb']:.0f} MB of memory ({found['before_mb']:.0f} MB before)")
    whole = found["filings"] == documents and not found["errors"]
    small = found["peak_mb"] < MOST_MB
    print(
        f"limits: under {MOST_MB:.0f} MB {'met' if small else 'MISSED'}, every document "
        f"{'read' if whole else 'NOT read'}"
    )
    sys.exit(not (whole and small))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[2]))
    else:
        main()
