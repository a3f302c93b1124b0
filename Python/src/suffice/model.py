"""Every shipped model from Python: fit, predict, score, sample, and files that the command line also reads."""
from __future__ import annotations

import ctypes
import json
import os
import sys
import tempfile
import warnings

import numpy as np

from . import _native
from ._errors import convergence_warning, not_fitted_error
from ._tables import table_of

__all__ = ["Model", "load", "models"]


def models() -> dict:
    """The shipped models by name: a summary, and each hyperparameter's default and meaning."""
    found = json.loads(_native.text_of(_native.library.suffice_models))
    return {
        entry["name"]: {
            "summary": entry["summary"],
            "hyperparameters": {
                h["name"].replace("-", "_"): {"default": h["default"], "help": h["help"]}
                for h in entry["hyperparameters"]
            },
        }
        for entry in found
    }


class _Handle:
    """A fit of the core; freed with the last object that uses it."""

    def __init__(self, pointer):
        self.pointer = pointer

    def __del__(self):
        if self.pointer and _native is not None:
            _native.library.suffice_fit_free(self.pointer)


class Model:
    """A shipped model, by its name on the command line, with its hyperparameters.

    >>> model = suffice.Model("gaussian-mixture", components=3).fit(rows)
    >>> model.predict(rows), model.score(rows), model.posterior["cluster.mean"]
    >>> model.save("fit.safetensors")     # 'suffice show fit.safetensors' reads it

    Data are NumPy arrays (columns x1, x2, …), dictionaries of columns, or DataFrames of pandas, polars or Arrow.
    """

    def __init__(self, name: str, **hyperparameters):
        known = models()
        self.name = str(name).replace("_", "-")
        if self.name not in known:
            raise ValueError(f"there is no model {name!r}. Models: {', '.join(known)}.")
        own = known[self.name]["hyperparameters"]
        for parameter in hyperparameters:
            if parameter not in own:
                raise TypeError(
                    f"the model {self.name!r} has no hyperparameter {parameter!r}; it has {', '.join(own) or 'none'}.")
        self.hyperparameters = dict(hyperparameters)
        self._handle = None
        self._about = None

    def __repr__(self):
        settings = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        state = ""
        if self._about:
            word = "converged" if self.converged_ else "not converged"
            state = f"  # {self._about['rows']:.0f} rows, bound {self.bound_:.6g}, {word}"
        return f"Model({self.name!r}{settings}){state}"

    # Fitting.

    def fit(
        self, data, *, bind=None, inference="coordinate", batch_size=1000, restarts=8, max_passes=500,
        tolerance=1e-6, seed=0, labels=None, n_jobs=None, progress=None,
    ) -> "Model":
        """Fits the model.

        Parameters
        ----------
        data : table
        bind : dict of lists, optional
            Columns of each observed variable; by default a variable takes all columns of its kind.
        inference : {'coordinate', 'stochastic'}
            Full passes, or natural-gradient steps on batches of ``batch_size`` rows.
        restarts : int
            Starts that are compared; the best bound is carried on.
        max_passes, tolerance
            A fit ends when a pass raises the bound per row by less than ``tolerance``, or after so many passes.
        labels : array of int, optional
            A component for each row to start from, instead of random starts.
        n_jobs : int, optional
            Threads; results do not depend on it.
        progress : callable or True, optional
            Called after every pass with a dictionary of ``start`` (None in the passes over all rows), ``pass``,
            ``bound``, ``held_out``, ``change`` and ``seconds``; returning False stops the fit. True prints a line.
        """
        table = table_of(data)
        request = {
            "hyperparameters": {
                name.replace("_", "-"): repr(value) if isinstance(value, float) else str(value)
                for name, value in self.hyperparameters.items()
            },
            "schedule": inference, "seed": str(int(seed)), "threads": _native.thread_count(n_jobs),
            "restarts": int(restarts), "maximumPasses": int(max_passes), "tolerance": float(tolerance),
        }
        if bind:
            request["bind"] = {
                variable: [columns] if isinstance(columns, str) else [str(column) for column in columns]
                for variable, columns in bind.items()
            }
        if inference == "stochastic":
            request["batchSize"] = int(batch_size)
        start = None
        if labels is not None:
            start = np.ascontiguousarray(labels, dtype=np.int64)
            if start.shape != (table.count,):
                raise ValueError(f"labels has the shape {start.shape}; there are {table.count} rows.")
            components = self.hyperparameters.get(
                "components", models()[self.name]["hyperparameters"].get("components", {}).get("default"))
            if components is None:
                raise ValueError(f"the model {self.name!r} has no labels to start from.")
            if len(start) and (start.min() < 0 or start.max() >= int(components)):
                raise ValueError(f"labels must be from 0 to {int(components) - 1}.")
        raised = []
        show = _printer(int(max_passes)) if progress is True else progress

        def report(phase, number, bound, held_out, change, seconds):
            try:
                if show is None:
                    return 1
                answer = show({
                    "start": None if phase < 0 else phase, "pass": number, "bound": bound, "held_out": held_out,
                    "change": change, "seconds": seconds})
                return 0 if answer is False else 1
            except BaseException as error:  # noqa: BLE001 - carried over the core and raised again
                raised.append(error)
                return 0

        pointer = ctypes.c_void_p()
        code = _native.library.suffice_fit(
            self.name.encode(), json.dumps(request).encode(), *table.arguments(), _native.address(start),
            _native.PROGRESS(report), ctypes.addressof(pointer))
        if raised:
            raise raised[0]
        _native.check(code)
        self._take(_Handle(pointer.value))
        if not self.converged_:
            warnings.warn(
                f"the fit of {self.name} did not converge in {max_passes} passes; raise max_passes or tolerance.",
                convergence_warning(), stacklevel=2)
        return self

    def _take(self, handle):
        self._handle = handle
        self._about = json.loads(_native.text_of(_native.library.suffice_fit_about, handle.pointer))

    # Reading the fit.

    def _fitted(self):
        if self._handle is None:
            raise not_fitted_error()("This Model is not fitted yet. Call 'fit', or read one with suffice.load.")
        return self._about

    @property
    def bound_(self) -> float:
        """The evidence lower bound over all rows, comparable between models; NaN after stochastic inference."""
        return _number(self._fitted()["bound"])

    @property
    def bounds_(self) -> np.ndarray:
        """The bound after each pass."""
        return np.array([_number(value) for value in self._fitted()["bounds"]])

    @property
    def restart_bounds_(self):
        """The bounds of all starts."""
        return np.array([_number(value) for value in self._fitted()["restartBounds"]])

    @property
    def converged_(self) -> bool:
        """Whether the tolerance was reached."""
        return self._fitted()["converged"]

    @property
    def columns_(self):
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

    # Using the fit.

    def _apply(self, data, *, probabilities=False, n_jobs=None):
        about = self._fitted()
        known = {
            column: levels or None
            for entry in about["observed"] for column, levels in zip(entry["columns"], entry["levels"])
        }
        wanted = set(known)
        is_frame = not isinstance(data, (np.ndarray, list, tuple)) and hasattr(data, "columns")
        if is_frame and hasattr(data, "__getitem__") and not hasattr(data, "column_names"):
            present = [name for name in data.columns if str(name) in wanted]
            data = data[present] if len(present) < len(data.columns) and present else data
        table = table_of(data, known)
        labels = int(about["labels"])
        if probabilities:
            if labels == 0:
                raise ValueError(f"the model {self.name!r} has no label: there is nothing to predict. Use score.")
            result = np.empty((table.count, labels))
        else:
            result = np.empty(table.count)
        _native.check(
            _native.library.suffice_fit_apply(
                self._handle.pointer, *table.arguments(), _native.thread_count(n_jobs),
                _native.address(result) if probabilities else None, labels,
                None if probabilities else _native.address(result)))
        return result

    def predict_proba(self, data) -> np.ndarray:
        """The probability of each label for each row."""
        return self._apply(data, probabilities=True)

    def predict(self, data) -> np.ndarray:
        """The most probable label of each row, from 0."""
        return self.predict_proba(data).argmax(axis=1)

    def score_samples(self, data) -> np.ndarray:
        """The log predictive density of each row."""
        return self._apply(data)

    def score(self, data) -> float:
        """The mean log predictive density of rows."""
        return float(np.mean(self._apply(data)))

    def sample(self, count: int = 1, seed: int = 0) -> dict[str, np.ndarray]:
        """Draws rows from the posterior predictive distribution: a dictionary of columns."""
        about = self._fitted()
        names = [(column, levels) for entry in about["observed"] for column, levels in zip(
            entry["columns"], entry["levels"])]
        values = np.empty((int(count), len(names)))
        _native.check(
            _native.library.suffice_fit_sample(
                self._handle.pointer, int(count), int(seed), _native.address(values), values.size))
        return {
            name: np.array(levels, dtype=object)[values[:, j].astype(int)] if levels else values[:, j].copy()
            for j, (name, levels) in enumerate(names)
        }

    # Files.

    def save(self, path) -> None:
        """Writes the fit to a file, which ``suffice.load`` and the command line read."""
        self._fitted()
        _native.check(_native.library.suffice_fit_write(self._handle.pointer, os.fsencode(path)))

    def __getstate__(self):
        content = None
        if self._handle is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "fit")
                self.save(path)
                with open(path, "rb") as file:
                    content = file.read()
        return {"name": self.name, "hyperparameters": self.hyperparameters, "fit": content}

    def __setstate__(self, state):
        self.name, self.hyperparameters = state["name"], state["hyperparameters"]
        self._handle = self._about = None
        if state["fit"] is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "fit")
                with open(path, "wb") as file:
                    file.write(state["fit"])
                self._read(path)

    def __deepcopy__(self, memo):
        copy = type(self).__new__(type(self))
        copy.name, copy.hyperparameters = self.name, dict(self.hyperparameters)
        copy._handle, copy._about = self._handle, self._about
        return copy

    def _read(self, path):
        pointer = ctypes.c_void_p()
        _native.check(_native.library.suffice_fit_read(os.fsencode(path), ctypes.addressof(pointer)))
        self._take(_Handle(pointer.value))


def load(path) -> Model:
    """Reads a fit that ``Model.save`` or the command line wrote."""
    model = Model.__new__(Model)
    model._handle = model._about = None
    model._read(path)
    model.name = model._about["model"]
    model.hyperparameters = {
        name.replace("-", "_"): _value(text) for name, text in model._about["hyperparameters"].items()
    }
    return model


def _number(value):
    """A number of the core's JSON, where infinities and NaN are texts."""
    return float(value.split(":")[0]) if isinstance(value, str) else float(value)


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _printer(limit):
    last = [-1.0]

    def show(state):
        if state["seconds"] - last[0] < 0.1:
            return True
        last[0] = state["seconds"]
        where = "pass" if state["start"] is None else f"start {state['start'] + 1}, sweep"
        print(
            f"\r{where} {state['pass']} of at most {limit}, bound {state['bound']:.6g}, "
            f"change {state['change']:.1e}   ", end="", file=sys.stderr, flush=True)
        return True

    return show
