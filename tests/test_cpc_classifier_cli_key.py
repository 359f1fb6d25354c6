"""`cpc key new`: the hash to standard output, the key to standard error, once."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cpc_classifier.cli import cli
from cpc_classifier.service_keys import KeyRing, Role
from cpc_classifier.settings import SettingsError


@pytest.mark.parametrize("role", list(Role))
def test_a_key_is_made(role: Role) -> None:
    done = CliRunner().invoke(cli, ["key", "new", role.label, "e.noether"])
    assert done.exit_code == 0
    token = done.stderr.split()[-1]
    assert token not in done.stdout
    assert done.stdout.count("\n") == 1
    found = KeyRing(done.stdout.strip(), None).find(token)
    assert found is not None
    assert (found.role, found.name) == (role, "e.noether")


def test_an_unknown_role_is_wrong_usage() -> None:
    assert CliRunner().invoke(cli, ["key", "new", "root", "me"]).exit_code == 2


def test_a_name_that_cannot_be_is_an_error() -> None:
    done = CliRunner().invoke(cli, ["key", "new", "admin", "a:b"])
    assert isinstance(done.exception, SettingsError)
    assert done.output == ""
