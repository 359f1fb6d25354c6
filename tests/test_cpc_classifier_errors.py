from __future__ import annotations

import cpc_classifier.errors as errors
from taxonomy.errors import CpcError


def test_every_error_is_in_the_tree_with_a_code_of_its_own() -> None:
    classes = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(found, errors.ServiceError) for found in classes)
    assert issubclass(errors.ServiceError, CpcError)
    codes = {found.code for found in classes}
    assert len(codes) == len(classes)
    assert errors.__doc__ is not None
    for found in classes:
        assert f"{found.__name__} " in errors.__doc__
        assert found.code in errors.__doc__


def test_the_text_of_an_error_is_its_message() -> None:
    error = errors.OverloadedError("The queue is full.", retry_after_s=2.5)
    assert str(error) == error.message == "The queue is full."
    assert error.retry_after_s == 2.5
