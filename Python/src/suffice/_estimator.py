"""What scikit-learn expects of an estimator, without scikit-learn."""
from __future__ import annotations

import inspect
import numbers


class Estimator:
    """Parameters by name, as the arguments of the initializer."""

    @classmethod
    def _parameter_names(cls):
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep=True):
        """The parameters by name."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params):
        """Sets parameters by name."""
        known = self._parameter_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known!r}.")
            setattr(self, name, value)
        return self

    def __repr__(self, N_CHAR_MAX=700):
        defaults = {
            name: parameter.default for name, parameter in inspect.signature(type(self).__init__).parameters.items()
        }
        changed = []
        for name in inspect.signature(type(self).__init__).parameters:
            if name != "self":
                value = getattr(self, name)
                default = defaults[name]
                same = value is default or (
                    isinstance(value, (str, numbers.Number)) and type(value) is type(default) and value == default)
                if not same:
                    changed.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"[:N_CHAR_MAX]
