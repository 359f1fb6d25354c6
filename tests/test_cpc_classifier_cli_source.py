"""`cpc suggest --server`: which options exclude each other, and that no bundle is loaded.

What it answers is compared with the bundle's own answers in test_cpc_classifier_client_service.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving import command_environment, free_port

SECRET = "zanzibarquokka"


def cpc(home: Path, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cpc_classifier.cli", "suggest", "-", *map(str, words)],
        input=json.dumps({"title": "A wafer"}),
        capture_output=True,
        text=True,
        cwd=home,
        env=command_environment(home, **variables),
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--server", "http://127.0.0.1:1", "--bundle", "."), "exclude each other"),
        (("--key-file", "key"), "with --server only"),
        (("--insecure",), "with --server only"),
        (("--server", "127.0.0.1:3000"), "is no address"),
        (("--server", "http://cpc.example", "--key-file", "key"), "unencrypted"),
        (("--server", "https://cpc.example", "--key-file", "empty"), "the key is empty"),
        (("--server", "https://cpc.example", "--key-file", "none"), "does not exist"),
    ],
)
def test_wrong_usage_is_one_sentence(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "empty").write_text("\n")
    done = cpc(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_of_the_environment_is_guarded_too(tmp_path: Path) -> None:
    done = cpc(tmp_path, "--server", "http://cpc.example", CPC_KEY=SECRET)
    assert (done.returncode, "unencrypted" in done.stderr) == (2, True)


def test_where_nobody_answers_one_line_says_so(tmp_path: Path) -> None:
    # A runtime that cannot be imported: none is needed, whatever CPC_BUNDLE names.
    (tmp_path / "onnxruntime.py").write_text("raise SystemExit('the runtime was imported')\n")
    (tmp_path / "filing.json").write_text('{"title": "A wafer"}')
    url = f"http://127.0.0.1:{free_port()}"
    script = (
        "from cpc_classifier import cli, client\n"
        "from cpc_classifier.client_retry import Timing\n"
        "client.Timing = lambda: Timing(sleep=lambda seconds: None)\n"
        f"cli.main(['suggest', 'filing.json', '--server', {url!r}])\n"
    )
    environment = command_environment(tmp_path, CPC_BUNDLE=str(tmp_path))
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"cpc: {url} does not answer: no connection (")
    assert done.stderr.count("\n") == 1
