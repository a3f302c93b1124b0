"""Every model from Python: fit, update, predict, score, sample, impute, and files that the command line also reads."""
from __future__ import annotations

import copy
import ctypes
import functools
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _native, _running
from ._errors import PriorConflictWarning, SufficeError, convergence_warning
from ._notebook import ModelDisplay
from ._reading import FitReading
from ._sharing import Sharing
from ._tables import labelled, like, table_of

__all__ = ["Model", "load", "models"]


def models() -> dict[str, Any]:
    """The shipped models by name: a summary, and each hyperparameter's default and meaning."""
    return copy.deepcopy(_shipped())


@functools.lru_cache(maxsize=None)
def _shipped():
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


class Model(FitReading, Sharing, ModelDisplay):
    """A shipped model, by its name on the command line, with its hyperparameters.

    >>> model = suffice.Model("gaussian-mixture", components=3).fit(rows)
    >>> model.predict(rows), model.score(rows), model.posterior["cluster.mean"]
    >>> model.save("fit.safetensors")     # 'suffice show fit.safetensors' reads it

    ``priors`` are parameters of the model's priors that take the place of its own, which mostly follow the data, by the names
    that ``posterior`` has: ``{"cluster.mean": [0, 0], "cluster.covariance": 2.5}``. One number stands for all elements, for
    a matrix a vector is its diagonal. ``{"moment": "variance", "of": "x", "factor": 0.5}`` is a property of the data that are
    bound to a variable, times a number: 'mean', 'variance', 'precision' (its reciprocal) or 'covariance'.

    ``suffice.load`` gives one of a compiled model file, or a fit. Data are NumPy arrays (columns x1, x2, …), dictionaries
    of columns, or DataFrames of pandas, polars or Arrow.
    """

    #: The text of a compiled model file; None for a shipped model.
    _source: str | None
    _handle: Any
    _about: Any

    def __init__(self, name: str, *, priors: Mapping[str, Any] | None = None, **hyperparameters: Any) -> None:
        known = _shipped()
        self.name = str(name).replace("_", "-")
        if self.name not in known:
            raise ValueError(
                f"there is no model {name!r}. Models: {', '.join(known)}. A compiled model is read by suffice.load.")
        own = known[self.name]["hyperparameters"]
        for parameter in hyperparameters:
            if parameter not in own:
                raise TypeError(
                    f"the model {self.name!r} has no hyperparameter {parameter!r}; it has {', '.join(own) or 'none'}.")
        self.hyperparameters = dict(hyperparameters)
        self.priors = dict(priors or {})
        self._source = None
        self._handle = None
        self._about = None

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        state = ""
        if self._about:
            word = "converged" if self.converged_ else "not converged"
            state = f"  # {self._about['rows']:.0f} rows, bound {self.bound_:.6g}, {word}"
        return f"Model({self.name!r}{settings}){state}"

    # Fitting.

    def fit(
        self, data: Any, *, bind: Mapping[str, str | Sequence[str]] | None = None, inference: str = "auto",
        batch_size: int = 1000, forgetting_rate: float | None = None, delay: float | None = None, parts: int = 20,
        moves: bool = True, validation_fraction: float = 0.1, restarts: int = 8, max_passes: int = 500,
        tolerance: float | None = None, acceleration: bool | None = None, seed: int = 0,
        start: "npt.ArrayLike | Model | str | os.PathLike[str] | None" = None, labels: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | str | None = None, n_jobs: int | None = None,
        progress: bool | Callable[[dict[str, Any]], Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None, checkpoint_every: float = 60.0,
    ) -> "Model":
        """Fits the model.

        Parameters
        ----------
        data : table
        bind : dict of lists, optional
            Columns of each observed variable; by default a variable takes all columns of its kind.
        inference : {'auto', 'coordinate', 'progressive', 'stochastic', 'memoized'}
            Full passes; passes over samples that double, then full ones; natural-gradient steps on batches of
            ``batch_size`` rows; part by part (``parts``), where components are born, merged and deleted (``moves``). By
            default the model and the number of rows decide: ``schedule_`` tells.
        forgetting_rate, delay : float, optional
            Stochastic steps of rate (t + delay)^-forgetting_rate; by default rates follow the gradient's noise.
        validation_fraction : float
            Rows, at most 10,000, that stochastic inference keeps aside: their density tells when to stop.
        restarts : int
            Starts that are compared; the best bound is carried on.
        max_passes, tolerance
            A fit has converged when further passes would raise the bound by no more than ``tolerance`` nats a row, as far
            as one can tell from how their gains fall (``expected_remaining_gain_``); it ends then, or after so many passes.
            By default 1e-6; where rows are many and many passes over all of them would be needed, 1e-4.
        acceleration : bool, optional
            Whether passes that converge slowly may start from extrapolated parameters; by default they may.
        start : array, Model or path, optional
            Where to start, instead of random starts: a label for each row, counted from 0 as ``predict`` has them; a
            probability for each of its values, row by row, as ``predict_proba`` has them; or a fit, or the path of a fit
            file, of which all variables count whose names and sizes are the model's own. Labels are those of the
            first label of a row.
        labels : array of int, optional
            The same as ``start`` with labels.
        sample_weight : array of float or str, optional
            How often each row counts, or the column that says so.
        n_jobs : int, optional
            Threads; results do not depend on it.
        progress : callable or True, optional
            Called after every pass with a dictionary of ``start`` (None in the passes over all rows), ``pass``,
            ``bound``, ``held_out``, ``remaining_gain`` (nats a row) and ``seconds``; returning False stops the fit. True prints a line.

        checkpoint : path, optional
            A file that keeps the fit while it runs. Where it is there already, the fit goes on from it, with the same
            bits as if it had not stopped: called once more with the same data and settings, a script picks up where it
            was killed. The file is removed at the end.
        checkpoint_every : float
            Seconds between checkpoints.

        A stop, by Ctrl-C or by ``progress``, raises KeyboardInterrupt and leaves the model with the last pass.
        """
        table, weights = _running.with_weights(table_of(data), sample_weight)
        request = _running.request(
            inference=inference, seed=seed, n_jobs=n_jobs, max_passes=max_passes, tolerance=tolerance,
            acceleration=acceleration,
            batch_size=batch_size, forgetting_rate=forgetting_rate, delay=delay, parts=parts, moves=moves,
            validation_fraction=validation_fraction, restarts=restarts, bind=bind, weights=weights,
            checkpoint=checkpoint, checkpoint_every=checkpoint_every,
            hyperparameters=self.hyperparameters if self._source is None else None, priors=self.priors)
        if labels is not None:
            if start is not None:
                raise ValueError("start and labels cannot be used together: labels are a start.")
            start = np.asarray(labels)
            if start.ndim != 1:
                raise ValueError(f"labels has the shape {start.shape}; there are {table.count} rows.")
        begin = _Start(start, table.count)
        self._run(
            _native.library.suffice_fit, [(self._source or self.name).encode(), request], table, begin.arguments(),
            progress, max_passes)
        return self

    def update(
        self, data: Any, forgetting: float = 1.0, *, inference: str = "auto", batch_size: int = 1000,
        forgetting_rate: float | None = None, delay: float | None = None, parts: int = 20, moves: bool = True,
        max_passes: int = 500, tolerance: float | None = None, acceleration: bool | None = None, seed: int = 0,
        n_jobs: int | None = None, progress: bool | Callable[[dict[str, Any]], Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None, checkpoint_every: float = 60.0,
    ) -> "Model":
        """Goes on with new rows: what the fit has learnt is the prior of what they add.

        Nothing of the earlier data is read again: their sums count on, times ``forgetting``, from 0 (nothing) to 1 (as
        much as new rows). Priors that follow the data stay those of the first fit. The other parameters are those of
        ``fit``. Models whose sums over rows depend on several variables at once, or on the order of rows, are refused; so
        are fits with sample weights.
        """
        self._fitted()
        if self._about["isWeighted"]:
            raise SufficeError("a fit with sample weights cannot be updated. Fit it again to all rows.")
        if not self._about["canUpdate"]:
            raise SufficeError(
                f"a fit of {self.name} cannot be updated: its sums over the rows depend on several variables at once, or "
                "on the order of the rows. Fit it again to all rows.")
        table = self._table(data)
        request = _running.request(
            inference=inference, seed=seed, n_jobs=n_jobs, max_passes=max_passes, tolerance=tolerance,
            acceleration=acceleration,
            batch_size=batch_size, forgetting_rate=forgetting_rate, delay=delay, parts=parts, moves=moves,
            checkpoint=checkpoint, checkpoint_every=checkpoint_every)
        self._run(
            _native.library.suffice_fit_update, [self._handle.pointer, request], table,
            [ctypes.c_double(_running.real("forgetting", forgetting))], progress, max_passes)
        return self

    def partial_fit(self, data: Any, **settings: Any) -> "Model":
        """``fit`` at the first call, ``update`` at later ones, with their parameters."""
        return self.fit(data, **settings) if self._handle is None else self.update(data, **settings)

    def _run(self, entry, first, table, then, progress, max_passes):
        handle, error = _running.run(entry, first, table, then, progress, max_passes)
        if handle is not None:
            self._take(handle)
        if error is not None:
            raise error
        if self._fitted()["isLostInRounding"]:
            warnings.warn(
                f"the terms of the bound of {self.name} are so large that rounding hides up to {self.bound_rounding_:.1g} nats a row: "
                "neither the bound nor whether the fit has converged can be told. Choose hyperparameters, weights and units "
                "nearer to 1.", convergence_warning(), stacklevel=3)
        elif not self.converged_:
            left = self.expected_remaining_gain_
            told = f": further ones would gain about {left:.1g} nats a row" if np.isfinite(left) else ""
            warnings.warn(
                f"the fit of {self.name} did not converge in {max_passes} passes{told}; raise max_passes or tolerance.",
                convergence_warning(), stacklevel=3)
        for conflict in self.prior_conflicts_:
            warnings.warn(f"{self.name}: {conflict}", PriorConflictWarning, stacklevel=3)

    def _take(self, handle):
        self._handle = handle
        self._about = json.loads(_native.text_of(_native.library.suffice_fit_about, handle.pointer))

    # Using the fit.

    def _table(self, data):
        """The columns that the fit was made of, with its levels."""
        known = {
            column: levels or None
            for entry in self._fitted()["observed"] for column, levels in zip(entry["columns"], entry["levels"])
        }
        frame: Any = None if isinstance(data, (np.ndarray, list, tuple)) else data
        if hasattr(frame, "columns") and hasattr(frame, "__getitem__") and not hasattr(frame, "column_names"):
            present = [name for name in frame.columns if str(name) in known]
            data = frame[present] if len(present) < len(frame.columns) and present else frame
        return table_of(data, known)

    def _apply(self, data, *, probabilities=False, n_jobs=None):
        about = self._fitted()
        table = self._table(data)
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

    def predict_proba(self, data: Any) -> np.ndarray:
        """The probability of each label for each row."""
        return self._apply(data, probabilities=True)

    def predict(self, data: Any) -> np.ndarray:
        """The most probable label of each row, from 0; -1 for rows that the model leaves out, before the first lag say."""
        probabilities = self.predict_proba(data)
        return np.where(np.isnan(probabilities[:, 0]), -1, probabilities.argmax(axis=1))

    def score_samples(self, data: Any) -> np.ndarray:
        """The log predictive density of each row; NaN for rows that the model leaves out, before the first lag say."""
        return self._apply(data)

    def score(self, data: Any) -> float:
        """The mean log predictive density of rows."""
        return float(np.nanmean(self._apply(data)))

    def sample(self, count: int | None = None, seed: int = 0, *, given: Any = None) -> dict[str, np.ndarray]:
        """Draws rows from the posterior predictive distribution: a dictionary of columns.

        By default one row. A model that conditions on data, as a regression does on its inputs, draws one row for each row
        of the table ``given``; where rows depend on those before, this may hold the first rows of each sequence.
        """
        self._fitted()
        seed = _running.whole("seed", seed)
        if given is not None:
            if count is not None:
                raise ValueError("count and given cannot be used together: one row is drawn for each row of given.")
            table = self._table(given)
            count, entry = table.count, _native.library.suffice_fit_sample_given
            what = table.arguments()
        else:
            count = 1 if count is None else _running.whole("count", count)
            entry, what = _native.library.suffice_fit_sample, (count,)
        if count < 0 or not 0 <= seed < 2**64:
            raise ValueError(f"count is {count} and seed {seed}; both must be at least 0, the seed below 2^64.")
        names = self._modelled()
        values = np.empty((count, len(names)))
        _native.check(entry(self._handle.pointer, *what, seed, _native.address(values), values.size))
        return {name: labelled(values[:, j], levels) for j, (name, levels) in enumerate(names)}

    def _modelled(self):
        """The columns that the model does not condition on, and their levels."""
        return [
            (column, levels) for entry in self._fitted()["observed"] if not entry["isGiven"]
            for column, levels in zip(entry["columns"], entry["levels"])]

    def impute(self, data: Any, draws: int | None = None, seed: int = 0, n_jobs: int | None = None) -> Any:
        """Fills in missing cells: by posterior means and the most probable labels, or by draws from the posterior.

        Without ``draws`` one filled table is returned, with a number a list of so many, which differ by how little is
        known. An array comes back as an array, a pandas DataFrame as one, other tables as dictionaries of the columns
        that the fit was made of. Columns that the model is only given, its inputs and groups, must be complete.
        """
        table = self._table(data)
        if draws is None:
            return self._imputed(data, table, None, n_jobs)
        if int(draws) < 1:
            raise ValueError(f"draws is {draws}; at least 1 is needed, or None for posterior means.")
        return [self._imputed(data, table, int(seed) + draw, n_jobs) for draw in range(int(draws))]

    def _imputed(self, data, table, seed, n_jobs):
        names = self._modelled()
        values = np.empty((table.count, len(names)))
        word = None if seed is None else ctypes.byref(ctypes.c_uint64(seed))
        _native.check(
            _native.library.suffice_fit_impute(
                self._handle.pointer, *table.arguments(), _native.thread_count(n_jobs), word, _native.address(values),
                values.size))
        # Rows that the model leaves out, before the first lag say, stay as they are.
        for j, (name, _) in enumerate(names):
            own = table.columns[table.names.index(name)]
            values[:, j] = np.where(np.isnan(values[:, j]), own, values[:, j])
        columns = {name: labelled(values[:, j], levels) for j, (name, levels) in enumerate(names)}
        return like(data, columns)

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
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
        return {
            "name": self.name, "hyperparameters": self.hyperparameters, "priors": self.priors, "source": self._source,
            "fit": content}

    def __setstate__(self, state):
        self.name, self.hyperparameters = state["name"], state["hyperparameters"]
        self.priors = state.get("priors", {})
        self._source = state.get("source")
        self._handle = self._about = None
        if state["fit"] is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "fit")
                with open(path, "wb") as file:
                    file.write(state["fit"])
                self._read(path)

    def __deepcopy__(self, memo):
        other = type(self).__new__(type(self))
        other.name, other.hyperparameters, other.priors = self.name, dict(self.hyperparameters), dict(self.priors)
        other._source, other._handle, other._about = self._source, self._handle, self._about
        return other

    def _read(self, path):
        pointer = ctypes.c_void_p()
        _native.check(_native.library.suffice_fit_read(os.fsencode(path), ctypes.addressof(pointer)))
        self._take(_running.Handle(pointer.value))


class _Start:
    """Where a fit starts: labels, their probabilities, or a fit; holds what the core reads."""

    def __init__(self, start, count):
        self.labels = self.probabilities = self.fit = None
        if start is None:
            return
        if isinstance(start, (str, os.PathLike)):
            start = load(start)
        if isinstance(start, Model):
            start._fitted()
            self.fit = start._handle
            return
        given = np.asarray(start)
        if given.dtype.kind not in "biuf":
            raise ValueError(
                f"start is {type(start).__name__}; labels, probabilities of labels, a fitted model or the path of a fit "
                "were expected.")
        if given.ndim not in (1, 2) or len(given) != count or given.shape[1:] == (0,):
            raise ValueError(f"start has the shape {given.shape}; there are {count} rows.")
        if given.ndim == 2:
            self.probabilities = np.ascontiguousarray(given, dtype=np.float64)
            return
        if not np.isfinite(given).all() or (given != np.floor(given)).any():
            raise ValueError("labels must be whole numbers.")
        self.labels = np.ascontiguousarray(given, dtype=np.int64)

    def arguments(self):
        """As ``suffice_fit`` takes them."""
        values = 0 if self.probabilities is None else self.probabilities.shape[1]
        return [
            _native.address(self.labels), _native.address(self.probabilities), values,
            None if self.fit is None else self.fit.pointer]


def load(path: str | os.PathLike[str]) -> Model:
    """Reads a fit that ``Model.save`` or the command line wrote, or a model that ``suffice compile`` wrote.

    A compiled model is not fitted yet; its hyperparameters are those that it was compiled with.
    """
    model = Model.__new__(Model)
    model._handle = model._about = model._source = None
    model.priors = {}
    with open(path, "rb") as file:
        is_model = file.read(1) == b"{"
    if is_model:
        with open(path, encoding="utf-8", errors="replace") as file:
            model._source = file.read()
        try:
            about = json.loads(
                _native.text_of(_native.library.suffice_model_about, model._source.replace("\0", " ").encode()))
        except SufficeError as error:
            raise SufficeError(str(error).replace("the model:", f"{path}:", 1)) from None
        own = {entry["name"]: entry["value"] for entry in about["hyperparameters"]}
        model.name = about["name"]
    else:
        model._read(path)
        # Fitted again, it is the model that it was: with its priors, whatever the shipped one has.
        model._source = _native.text_of(_native.library.suffice_fit_model, model._handle.pointer)
        own, model.name = model._about["hyperparameters"], model._about["model"]
    model.hyperparameters = {name.replace("-", "_"): _value(text) for name, text in own.items()}
    return model


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
