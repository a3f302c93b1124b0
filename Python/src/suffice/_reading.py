"""What a fit of any model tells: its bound, its history, its posterior."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import _native
from ._errors import not_fitted_error


class FitReading:
    """The numbers of a fitted model."""

    _handle: Any
    _about: Any

    def _fitted(self):
        if self._handle is None:
            raise not_fitted_error()("This Model is not fitted yet. Call 'fit', or read one with suffice.load.")
        return self._about

    @property
    def bound_(self) -> float:
        """The evidence lower bound over all rows, comparable between models; NaN after stochastic inference.

        Where the passes ran out while samples of the rows were taken, it is of ``bound_rows_`` rows and scaled to all.
        """
        return _number(self._fitted()["bound"])

    @property
    def bound_rows_(self) -> int:
        """How many rows the bound is of."""
        return int(self._fitted()["boundRows"])

    @property
    def bound_rounding_(self) -> float:
        """How far rounding may have moved the bound, in nats a row."""
        return _number(self._fitted()["boundRounding"])

    @property
    def bounds_(self) -> np.ndarray:
        """The bound after each pass."""
        return np.array([_number(value) for value in self._fitted()["bounds"]])

    @property
    def restart_bounds_(self) -> np.ndarray:
        """The bounds of all starts."""
        return np.array([_number(value) for value in self._fitted()["restartBounds"]])

    @property
    def prior_conflicts_(self) -> list[str]:
        """What priors and data contradict each other about: a sentence for each variable; empty where all is well."""
        return list(self._fitted()["priorConflicts"])

    @property
    def converged_(self) -> bool:
        """Whether the tolerance was reached."""
        return self._fitted()["converged"]

    @property
    def expected_remaining_gain_(self) -> float:
        """What further passes would add to the bound, in nats a row, as far as one can tell; NaN after stochastic inference."""
        return _number(self._fitted()["expectedRemainingGain"])

    @property
    def held_out_(self) -> float:
        """The mean log predictive density of the rows that stochastic inference keeps aside; NaN for the others."""
        scores = self._fitted()["heldOut"]
        return _number(scores[-1]) if scores else float("nan")

    @property
    def schedule_(self) -> str:
        """Which schedule ran, and why."""
        settings = self._fitted()["settings"]
        reason = settings.get("scheduleReason")
        return settings.get("schedule", "") + (f" ({reason})" if reason else "")

    @property
    def columns_(self) -> dict[str, list[str]]:
        """The columns of each observed variable."""
        return {entry["name"]: entry["columns"] for entry in self._fitted()["observed"]}

    @property
    def posterior(self) -> dict[str, np.ndarray]:
        """Parameters of the posterior as arrays, by ``variable.parameter``: indices of plates, then their own."""
        result = {}
        for variable in self._fitted()["variables"]:
            for parameter in variable["parameters"]:
                values = np.empty([int(extent) for extent in parameter["shape"]])
                _native.check(
                    _native.library.suffice_fit_parameter(
                        self._handle.pointer, variable["name"].encode(), parameter["name"].encode(),
                        _native.address(values), values.size))
                result[f"{variable['name']}.{parameter['name']}"] = values
        return result


def _number(value):
    """A number of the core's JSON, where infinities and NaN are texts."""
    return float(value.split(":")[0]) if isinstance(value, str) else float(value)
