"""`cpc` as a user runs it: a process, its output, its one line of error and its exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from serving import command_environment
from tiny_bundle import build_tiny_bundle

from cpc_classifier.cli import cli
from cpc_classifier.cli_output import CSV_COLUMNS

SECRET = "zanzibarquokka"
GOOD = {"id": "A", "title": "Lithium battery", "abstract": "An electrolyte."}


@dataclass(frozen=True)
class Cpc:
    """Runs `cpc` with a small bundle and a home of its own."""

    bundle: Path
    home: Path

    def __call__(
        self, *words: str | Path, stdin: bytes = b"", **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "cpc_classifier.cli", *map(str, words)],
            input=stdin,
            capture_output=True,
            cwd=self.home,
            env=self.environment(**variables),
            timeout=60,
            check=False,
        )

    def environment(self, **variables: str) -> dict[str, str]:
        return command_environment(self.home, **{"CPC_BUNDLE": str(self.bundle)} | variables)


@pytest.fixture(scope="module")
def cpc(tmp_path_factory: pytest.TempPathFactory) -> Cpc:
    bundle = build_tiny_bundle(tmp_path_factory.mktemp("model") / "tiny")
    return Cpc(bundle, tmp_path_factory.mktemp("home"))


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    path = tmp_path / "filings.jsonl"
    lines = [GOOD, {"title": "A plough"}, {"id": "C", "title": ""}, {"id": "D", "title": "Wafer"}]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def one_line(done: subprocess.CompletedProcess[bytes], status: int = 1) -> str:
    """The one line of error; checks the status, and that there is no traceback."""
    text = done.stderr.decode()
    assert done.returncode == status, text
    assert text.startswith("cpc: ")
    assert text.count("\n") == 1, text
    return text


def results(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_suggest_writes_json_lines_and_goes_on_after_an_error(cpc: Cpc, filings: Path) -> None:
    done = cpc("suggest", filings, "--level", "subclass", "--limit", "2")
    assert (done.returncode, done.stderr) == (1, b"")
    found = results(done)
    assert [result["id"] for result in found] == ["A", "1", "C", "D"]
    assert [result["error"] is None for result in found] == [True, True, False, True]
    assert found[2]["error"]["code"] == "empty_filing"
    assert found[0]["suggestions"][0]["symbol"] == "H01M"
    assert {s["rank"] for result in found for s in result["suggestions"]} == {"subclass"}


def test_suggest_reads_standard_input(cpc: Cpc) -> None:
    done = cpc("suggest", "-", stdin=json.dumps({"title": "A wafer"}).encode())
    assert done.returncode == 0
    assert [result["id"] for result in results(done)] == ["0"]


def test_ids_of_several_files_name_the_file(cpc: Cpc, filings: Path) -> None:
    done = cpc("suggest", filings, filings)
    assert [result["id"] for result in results(done)][1::4] == ["filings.jsonl#2"] * 2


def test_suggest_as_csv(cpc: Cpc, tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps(GOOD | {"id": "=1+1"}) + '\n{"id": "B", "title": ""}\n')
    done = cpc("suggest", path, "--format", "csv", "--limit", "2", "--level", "class")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [row["id"] for row in rows] == ["'=1+1", "'=1+1", "B"]
    assert [row["place"] for row in rows] == ["1", "2", ""]
    assert rows[0]["symbol"] == "H01"
    assert rows[2]["error_code"] == "empty_filing"


def test_suggest_as_a_table(cpc: Cpc, filings: Path) -> None:
    text = cpc("suggest", filings, "--format", "table", "--limit", "1").stdout.decode()
    assert "H01M10/00" in text
    assert "C  error empty_filing: " in text


def test_suggest_takes_a_threshold(cpc: Cpc) -> None:
    line = json.dumps(GOOD).encode()
    every = results(cpc("suggest", "-", "--level", "section", stdin=line))[0]["suggestions"]
    best = results(cpc("suggest", "-", "--level", "section", "--threshold", "0.5", stdin=line))
    assert len(every) > len(best[0]["suggestions"]) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_filing"),
        (b'{"id": "A", "title": "' + b"x" * 10_000_000 + b'"}', "filing_too_large"),
        (b'{"title": "caf\xe9"}', "bad_filing"),
        (b"<us-patent-application><abstract>", "bad_filing"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "bad_filing"),
        (b"%PDF-1.7 \x00\x01\x02", "unsupported_format"),
        (b'{"title": 5}', "bad_filing"),
        (b"[]", "bad_filing"),
    ],
)
def test_bad_input_is_a_result_with_an_error(cpc: Cpc, content: bytes, code: str) -> None:
    done = cpc("suggest", "-", stdin=content)
    assert (done.returncode, done.stderr) == (1, b"")
    [result] = results(done)
    assert (result["error"]["code"], result["suggestions"]) == (code, [])
    assert result["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("suggest",),
        ("suggest", "no-such-file.xml"),
        ("suggest", "-", "--level", "family"),
        ("suggest", "-", "--limit", "0"),
        ("suggest", "-", "--threshold", "1.5"),
        ("suggest", "-", "-"),
        ("suggest", "-", "--format", "xlsx"),
        ("suggest", "-", "--bundle", "no-such-folder"),
        ("symbol", "show"),
        ("nonsense",),
        ("--nonsense",),
    ],
)
def test_wrong_usage_is_told_apart(cpc: Cpc, words: tuple[str, ...]) -> None:
    done = cpc(*words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Error: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_level_below_the_bundle_is_refused(cpc: Cpc) -> None:
    done = cpc("suggest", "-", "--level", "subgroup", stdin=json.dumps(GOOD).encode())
    assert "main-group" in one_line(done)


def test_a_bundle_that_is_none(cpc: Cpc, tmp_path: Path) -> None:
    assert str(tmp_path) in one_line(cpc("suggest", "-", "--bundle", tmp_path))
    assert str(tmp_path) in one_line(cpc("bundle", "verify", tmp_path))
    assert str(tmp_path) in one_line(cpc("serve", "--bundle", tmp_path))


def test_a_wrong_setting_names_the_variable(cpc: Cpc) -> None:
    assert "CPC_PORT" in one_line(cpc("serve", CPC_PORT="http"))


@pytest.mark.parametrize("host", ["localhost", "203.0.113.1"])
def test_an_address_that_cannot_be_listened_on(cpc: Cpc, host: str) -> None:
    assert host in one_line(cpc("serve", "--host", host))


def test_bundle_show_and_verify(cpc: Cpc) -> None:
    manifest = json.loads(cpc("bundle", "show").stdout)
    assert (manifest["name"], manifest["release"]) == ("tiny", "2025.05")
    verified = json.loads(cpc("bundle", "verify", cpc.bundle).stdout)
    assert verified["ok"] is True
    assert verified["files"] == len(manifest["files"])


def test_one_changed_byte_is_refused(tmp_path: Path, cpc: Cpc) -> None:
    folder = build_tiny_bundle(tmp_path / "tiny")
    data = bytearray((folder / "model.onnx").read_bytes())
    data[100] ^= 1
    (folder / "model.onnx").write_bytes(data)
    assert "model.onnx" in one_line(cpc("bundle", "verify", folder))


def test_symbol_show(cpc: Cpc) -> None:
    done = cpc("symbol", "show", "h01m 10/00", "H01M")
    first, second = results(done)
    assert first["symbol"] == "H01M10/00"
    assert [step["symbol"] for step in first["path"]] == ["H", "H01", "H01M"]
    assert "H01M10/00" in [child["symbol"] for child in second["children"]]
    table = cpc("symbol", "show", "H01M", "--format", "table").stdout.decode()
    assert [line.split()[0] for line in table.splitlines()[:3]] == ["H", "H01", "H01M"]


def test_symbols_that_are_not_there(cpc: Cpc) -> None:
    assert "H77Z" in one_line(cpc("symbol", "show", "H77Z"))
    assert "lithium" in one_line(cpc("symbol", "show", "lithium"))
    done = cpc("symbol", "show", "H77Z", "H01M", "lithium", "G06F")
    shown = [json.loads(line)["symbol"] for line in done.stdout.splitlines()]
    assert shown == ["H01M", "G06F"]
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "1999.01" in one_line(cpc("symbol", "show", "H01M", "--release", "1999.01"))


def test_symbol_search(cpc: Cpc) -> None:
    found = results(cpc("symbol", "search", "electric", "--limit", "3"))
    assert 0 < len(found) <= 3
    assert set(found[0]) == {"symbol", "rank", "title"}
    nothing = cpc("symbol", "search", SECRET)
    assert (nothing.returncode, nothing.stdout) == (0, b"")


def test_taxonomy_list_without_imports(cpc: Cpc) -> None:
    [packaged] = results(cpc("taxonomy", "list"))
    assert (packaged["release"], packaged["source"]) == ("2025.05", "packaged")


def test_a_release_that_cannot_be_read(cpc: Cpc, tmp_path: Path) -> None:
    path = tmp_path / "titles.zip"
    path.write_bytes(b"no zip")
    assert "titles.zip" in one_line(cpc("taxonomy", "import", path))


@pytest.mark.shared
def test_import_of_an_official_release(cpc: Cpc, shared: Path, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    done = cpc("taxonomy", "import", shared / "cpc" / "CPCTitleList202505.zip", CPC_HOME=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["symbols"] == 260_993
    listed = results(cpc("taxonomy", "list", CPC_HOME=home))
    assert [(row["release"], row["source"]) for row in listed][1:] == [("2025.05", "imported")]
    [found] = results(cpc("symbol", "show", "H01M10/0525", CPC_HOME=home))
    assert found["rank"] == "subgroup"
    assert found["title"]


def test_version_and_help(cpc: Cpc) -> None:
    assert cpc("--version").stdout.startswith(b"cpc ")
    text = cpc("--help").stdout.decode()
    assert all(name in text for name in ("suggest", "serve", "symbol", "taxonomy", "bundle"))


def test_help_does_not_load_the_runtime(cpc: Cpc) -> None:
    script = (
        "import sys; from cpc_classifier.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'onnxruntime', 'bentoml', 'torch', 'faiss'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=cpc.environment(), check=True
    )
    assert done.stdout.splitlines()[-1] == b"[]"


def leaves(
    command: click.Command, path: tuple[str, ...]
) -> list[tuple[tuple[str, ...], click.Command]]:
    """All commands below one, with their names."""
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = []
    for name in command.list_commands(context):
        if name != "train":
            child = command.get_command(context, name)
            assert child is not None
            found += leaves(child, (*path, name))
    return found


def test_every_help_has_an_example() -> None:
    commands = leaves(cli, ())
    assert len(commands) >= 8
    for path, _ in commands:
        shown = CliRunner().invoke(cli, [*path, "--help"])
        assert shown.exit_code == 0
        assert f"cpc {' '.join(path)}" in shown.output.partition("Example")[2], path


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [("training", ("train", "--help"), ""), ("bentoml", ("serve",), "[serve]")],
)
def test_a_missing_extra_is_one_sentence(
    cpc: Cpc, tmp_path: Path, missing: str, words: tuple[str, ...], extra: str
) -> None:
    # A finder that hides the module, as if the extra had never been installed.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    path = os.pathsep.join([str(tmp_path), cpc.environment()["PYTHONPATH"]])
    line = one_line(cpc(*words, PYTHONPATH=path))
    assert missing in line
    assert extra in line


def test_ctrl_c_ends_quietly(cpc: Cpc) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cpc_classifier.cli", "suggest", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=cpc.environment(),
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in error
    assert error.count(b"\n") <= 2


def test_a_closed_pipe_is_quiet(cpc: Cpc, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text((json.dumps(GOOD) + "\n") * 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "cpc_classifier.cli", "suggest", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=cpc.environment(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 1


def test_a_progress_bar_on_a_terminal(cpc: Cpc, filings: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "cpc_classifier.cli", "suggest", str(filings)],
            stdout=out,
            stderr=theirs,
            env=cpc.environment(),
            timeout=60,
            check=False,
        )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 1
    assert "suggesting" in shown
    assert "100%" in shown


def test_no_text_reaches_standard_error(cpc: Cpc) -> None:
    lines = [{"title": SECRET}, {"title": SECRET, "claims": [5]}, {"abstract": {"p": SECRET}}]
    content = "\n".join([json.dumps(line) for line in lines] + [f"{{{SECRET}"])
    done = cpc("suggest", "-", stdin=content.encode())
    assert done.returncode == 1
    assert SECRET.encode() not in done.stderr + done.stdout
