"""Exceptions and warnings: scikit-learn's own where it is there, equal ones where it is not."""
from __future__ import annotations

import sys


class SufficeError(ValueError):
    """What the core reports: bad data, settings or models, or numbers that broke down."""

    @staticmethod
    def of(code: int, text: str) -> BaseException:
        if code == 6:
            return KeyboardInterrupt(text)
        return SufficeError(text)


class PriorConflictWarning(UserWarning):
    """A prior and the data contradict each other, so that the fit lies between the two."""


class _NotFittedError(ValueError, AttributeError):
    """An estimator is used before it is fitted."""


class _ConvergenceWarning(UserWarning):
    """A fit stopped at its largest number of iterations."""


class _InvalidParameterError(ValueError, TypeError):
    """A parameter has a value that is not allowed."""


class _DataConversionWarning(UserWarning):
    """Data were converted."""


def _sklearn(name, module, own):
    # Whoever catches scikit-learn's class has imported it; importing it here would take a second.
    return getattr(sys.modules.get(module), name, own)


def not_fitted_error():
    return _sklearn("NotFittedError", "sklearn.exceptions", _NotFittedError)


def convergence_warning():
    return _sklearn("ConvergenceWarning", "sklearn.exceptions", _ConvergenceWarning)


def invalid_parameter_error():
    return _sklearn("InvalidParameterError", "sklearn.utils._param_validation", _InvalidParameterError)
