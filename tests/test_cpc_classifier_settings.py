"""Settings come from `CPC_*`, and a wrong one is named."""

from __future__ import annotations

import pytest

from cpc_classifier.settings import Settings, SettingsError, variable


def test_defaults_listen_on_this_machine_only() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.bundle) == ("127.0.0.1", 3000, "")
    assert settings.max_body_bytes == settings.max_body_mb * 2**20


def test_every_field_is_read() -> None:
    settings = Settings.from_environment(
        {
            "CPC_BUNDLE": "/models/b",
            "CPC_HOST": "0.0.0.0",
            "CPC_PORT": "8080",
            "CPC_MAX_BODY_MB": "7",
            "CPC_MAX_FILINGS": "20",
            "CPC_MAX_CHARS": "5_000",
            "CPC_QUEUE_FILINGS": "30",
            "CPC_THREADS": "2",
            "CPC_KEYS": "a:b:c",
            "CPC_KEYS_FILE": "/keys",
            "CPC_OPEN": "1",
            "CPC_PROXY_HEADER": "X-Remote-User",
            "CPC_PROXY_ROLE_HEADER": "X-Groups",
            "CPC_PROXY_ROLES": "it:admin",
            "CPC_TRUSTED_PROXIES": "10.0.0.7",
            "CPC_LOG_FORMAT": "json",
            "CPC_TRACES": "http://collector:4318/v1/traces",
        }
    )
    assert settings == Settings(
        bundle="/models/b",
        host="0.0.0.0",
        port=8080,
        max_body_mb=7,
        max_filings=20,
        max_chars=5000,
        queue_filings=30,
        threads=2,
        keys="a:b:c",
        keys_file="/keys",
        open=1,
        proxy_header="X-Remote-User",
        proxy_role_header="X-Groups",
        proxy_roles="it:admin",
        trusted_proxies="10.0.0.7",
        log_format="json",
        traces="http://collector:4318/v1/traces",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"CPC_PORT": " ", "CPC_BUNDLE": ""}) == Settings()


def test_other_variables_are_left_alone() -> None:
    assert Settings.from_environment({"CPC_HOME": "/data", "PORT": "1"}) == Settings()


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPC_PORT", "4321")
    assert Settings.from_environment().port == 4321


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CPC_PORT", "http"),
        ("CPC_PORT", "0"),
        ("CPC_PORT", "65536"),
        ("CPC_PORT", "-1"),
        ("CPC_PORT", "٣٠٠٠"),
        ("CPC_THREADS", "1.5"),
        ("CPC_MAX_BODY_MB", "0"),
        ("CPC_MAX_CHARS", "9" * 30),
        ("CPC_OPEN", "yes"),
        ("CPC_OPEN", "2"),
        ("CPC_LOG_FORMAT", "JSON"),
    ],
)
def test_a_wrong_value_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_environment({name: value})
    assert caught.value.code == "bad_setting"


def test_a_request_must_fit_the_queue() -> None:
    with pytest.raises(SettingsError, match="CPC_QUEUE_FILINGS"):
        Settings.from_environment({"CPC_MAX_FILINGS": "100", "CPC_QUEUE_FILINGS": "99"})


def test_variable_names() -> None:
    assert variable("max_body_mb") == "CPC_MAX_BODY_MB"
