"""Errors of the deployed service; the root of the tree is `taxonomy.errors.CpcError`.

    CpcError                        taxonomy/errors.py
    └── ServiceError                service_error
        ├── FilingError             bad_filing          one filing cannot be read
        │   ├── EmptyFilingError    empty_filing        it has no text in any field
        │   ├── UnsupportedFormatError  unsupported_format  not a format that is read here
        │   └── FilingTooLargeError filing_too_large    over a limit on size
        ├── BundleError             bad_bundle          a model bundle is damaged or foreign
        ├── OverloadedError         overloaded          the queue is full; try again later
        ├── DeadlineError           deadline_exceeded   it waited longer than its caller allowed
        ├── StoppingError           stopping            the service takes nothing more
        ├── InternalError           internal_error      a fault of ours; the log has its place
        ├── BadRequestError         bad_request         a request that makes no sense
        ├── RemoteError             remote_error        a service's answer; its code is the answer's
        ├── UnreachableError        unreachable         a service that does not answer
        ├── BadAnswerError          bad_answer          an answer that is no service's of ours
        ├── SettingsError           bad_setting         a variable that makes no sense
        └── AddressError            bad_address         an address that cannot be served on

Every message says what, which value, where, and what to do. No message holds the text of a
filing: filings are secret until they are published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taxonomy.errors import CpcError

__all__ = [
    "BadAnswerError",
    "BadRequestError",
    "BundleError",
    "DeadlineError",
    "EmptyFilingError",
    "FilingError",
    "FilingTooLargeError",
    "InternalError",
    "OverloadedError",
    "RemoteError",
    "ServiceError",
    "StoppingError",
    "UnreachableError",
    "UnsupportedFormatError",
]


class ServiceError(CpcError):
    """Root of the errors of `cpc_classifier`."""

    code = "service_error"


class FilingError(ServiceError):
    """A filing that cannot be read."""

    code = "bad_filing"


class EmptyFilingError(FilingError):
    """A filing without text in any of its fields."""

    code = "empty_filing"


class UnsupportedFormatError(FilingError):
    """A file in a format that is not read here."""

    code = "unsupported_format"


class FilingTooLargeError(FilingError):
    """A filing, or a file of filings, over a limit on its size."""

    code = "filing_too_large"


class BundleError(ServiceError):
    """A model bundle that is damaged, incomplete or of a foreign format."""

    code = "bad_bundle"


class OverloadedError(ServiceError):
    """The queue is full.

    Attributes:
        retry_after_s: seconds after which a new attempt is worthwhile.
    """

    code = "overloaded"

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeadlineError(ServiceError):
    """It waited until its deadline was over, and was dropped without being worked on.

    Attributes:
        waited_s: seconds it had waited by then.
    """

    code = "deadline_exceeded"

    def __init__(self, message: str, waited_s: float = 0.0) -> None:
        super().__init__(message)
        self.waited_s = waited_s


class StoppingError(ServiceError):
    """The service is stopping: it finishes what it has and takes nothing more."""

    code = "stopping"


class InternalError(ServiceError):
    """A fault of ours; the log has its kind and place."""

    code = "internal_error"


class BadRequestError(ServiceError):
    """A request that makes no sense: a wrong type, an unknown level, an empty list."""

    code = "bad_request"


class RemoteError(ServiceError):
    """An error that came in the answer of a service.

    Attributes:
        code: of the answer, e.g. "overloaded"; on the class, the name of this kind.
        detail: JSON values of the answer, by name.
    """

    code = "remote_error"

    def __init__(self, message: str, code: str, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.detail = dict(detail or {})


class UnreachableError(ServiceError):
    """A service that cannot be reached, or does not answer in time."""

    code = "unreachable"


class BadAnswerError(ServiceError):
    """JSON, or an answer, that is none of this service's."""

    code = "bad_answer"
