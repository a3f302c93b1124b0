"""scikit-learn's base classes where it is installed, and as much of them as an estimator needs where it is not."""

# pyright: reportAssignmentType=false
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

try:
    from sklearn.base import BaseEstimator, DensityMixin, TransformerMixin
except ImportError:

    class BaseEstimator:  # type: ignore[no-redef]
        """Parameters by name, as the arguments of the initializer."""

        @classmethod
        def _defaults(cls):
            parameters = inspect.signature(cls.__init__).parameters
            return {name: parameter.default for name, parameter in sorted(parameters.items()) if name != "self"}

        def get_params(self, deep=True):
            """The parameters by name."""
            return {name: getattr(self, name) for name in self._defaults()}

        def set_params(self, **params):
            """Sets parameters by name."""
            known = list(self._defaults())
            for name, value in params.items():
                if name not in known:
                    raise ValueError(
                        f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known!r}.")
                setattr(self, name, value)
            return self

        def __repr__(self):
            changed = [
                f"{name}={getattr(self, name)!r}" for name, default in self._defaults().items()
                if repr(getattr(self, name)) != repr(default)]
            return f"{type(self).__name__}({', '.join(changed)})"

    class DensityMixin:  # type: ignore[no-redef]
        """An estimator of a density."""

    class TransformerMixin:  # type: ignore[no-redef]
        """A transformer; without scikit-learn it has no ``set_output``."""

        fit: Callable[..., Any]

        def fit_transform(self, X, y=None):
            """Fits and transforms the same rows."""
            return self.fit(X, y).transform(X)


__all__ = ["BaseEstimator", "DensityMixin", "TransformerMixin"]
