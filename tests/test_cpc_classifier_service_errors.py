"""Every error has one status and one shape."""

from __future__ import annotations

import json

import pytest

from cpc_classifier import errors, service_errors
from cpc_classifier.service_errors import error_response, status_of
from taxonomy import errors as scheme
from taxonomy.errors import CpcError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadRequestError("m"), 400),
        (errors.FilingError("m"), 400),
        (errors.EmptyFilingError("m"), 400),
        (errors.UnsupportedFormatError("m"), 400),
        (errors.FilingTooLargeError("m"), 413),
        (errors.OverloadedError("m"), 429),
        (errors.BundleError("m"), 503),
        (scheme.BadSymbolError("m"), 400),
        (scheme.UnknownRankError("m"), 400),
        (scheme.UnknownSymbolError("m"), 404),
        (service_errors.NoRouteError("m"), 404),
        (service_errors.BodyTooLargeError("m"), 413),
        (service_errors.TooManyFilingsError("m"), 413),
        (service_errors.UnauthenticatedError("m"), 401),
        (service_errors.ForbiddenError("m"), 403),
        (service_errors.StartingError("m"), 503),
        (service_errors.InternalError("m"), 500),
        (CpcError("m"), 500),
    ],
)
def test_status_and_shape(error: CpcError, status: int) -> None:
    assert status_of(error) == status
    response = error_response(error)
    assert response.status_code == status
    body = json.loads(response.body)
    assert body == {"error": {"code": error.code, "message": "m", "detail": {}}}


def test_detail_is_told() -> None:
    response = error_response(service_errors.RequestError("m", {"limit": 3}))
    assert json.loads(response.body)["error"]["detail"] == {"limit": 3}


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1"), (2.1, "3"), (60.0, "60")])
def test_overload_says_when_to_come_back(seconds: float, told: str) -> None:
    response = error_response(errors.OverloadedError("m", retry_after_s=seconds))
    assert response.headers["retry-after"] == told


def test_starting_says_when_to_come_back() -> None:
    assert int(error_response(service_errors.StartingError("m")).headers["retry-after"]) > 0


def test_a_wrong_method_names_the_right_ones() -> None:
    error = service_errors.MethodError("m", {"allowed": ["POST"]})
    response = error_response(error)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_who_is_not_known_learns_how_to_ask() -> None:
    response = error_response(service_errors.UnauthenticatedError("m"))
    assert response.headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in error_response(service_errors.ForbiddenError("m")).headers
