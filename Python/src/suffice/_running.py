"""Fits by the core: requests, progress, and what comes back."""
from __future__ import annotations

import ctypes
import json
import math
import numbers
import operator
import os
import signal
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _native
from ._progress import Line, reporter
from ._tables import Table

INFERENCES = ("auto", "coordinate", "progressive", "stochastic", "memoized")


class Handle:
    """A fit of the core; freed with the last object that uses it."""

    def __init__(self, pointer):
        self.pointer = pointer

    def __del__(self):
        if self.pointer and _native is not None:
            _native.library.suffice_fit_free(self.pointer)


def request(
    *, inference, seed, n_jobs, max_passes, tolerance, batch_size=1000, forgetting_rate=None, delay=None, parts=20,
    moves=True, validation_fraction=0.1, restarts=8, hyperparameters=None, priors=None, bind=None, weights=None,
    checkpoint=None, checkpoint_every=60.0, acceleration=None,
) -> bytes:
    """A request for a fit, as ``suffice.h`` describes it."""
    if inference not in INFERENCES:
        raise ValueError(f"inference must be one of {', '.join(map(repr, INFERENCES))}; got {inference!r}.")
    result = {
        "schedule": inference, "seed": str(whole("seed", seed)), "threads": _native.thread_count(n_jobs),
        "restarts": whole("restarts", restarts, 1), "maximumPasses": whole("max_passes", max_passes, 1),
        "hyperparameters": {name: _text(value) for name, value in (hyperparameters or {}).items()},
    }
    for name, value in (priors or {}).items():
        variable, dot, parameter = str(name).rpartition(".")
        if not dot:
            raise ValueError(f"priors has {name!r}; 'variable.parameter' was expected, as in posterior.")
        result.setdefault("priors", {}).setdefault(variable, {})[parameter] = _prior(name, value)
    if bind:
        result["bind"] = {
            variable: [columns] if isinstance(columns, str) else [str(column) for column in columns]
            for variable, columns in bind.items()
        }
    if weights is not None:
        result["weights"] = weights
    if tolerance is not None:
        result["tolerance"] = real("tolerance", tolerance)
    if acceleration is not None:
        result["accelerates"] = bool(acceleration)
    if inference == "stochastic":
        fraction = real("validation_fraction", validation_fraction)
        if not 0 < fraction < 1:
            raise ValueError(f"validation_fraction is {fraction}; it must lie between 0 and 1.")
        result.update(batchSize=whole("batch_size", batch_size, 1), heldOutFraction=fraction)
        if forgetting_rate is not None:
            result["forgettingRate"] = real("forgetting_rate", forgetting_rate)
        if delay is not None:
            result["delay"] = real("delay", delay)
    if inference == "memoized":
        result.update(parts=whole("parts", parts, 1), moves=bool(moves))
    if checkpoint is not None:
        result.update(checkpoint=os.fsdecode(checkpoint), checkpointEvery=real("checkpoint_every", checkpoint_every))
    return json.dumps(result).encode()


def whole(name, value, least=None) -> int:
    """A setting that is a whole number, and at least one."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; a whole number was expected.") from None
    if least is not None and number < least:
        raise ValueError(f"{name} is {number}; it must be at least {least}.")
    return number


def real(name, value) -> float:
    """A setting that is a finite number."""
    if not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}; a finite number was expected.")
    return float(value)


def _prior(name, value):
    """Numbers of a prior, or a property of data, as the core takes them."""
    if isinstance(value, Mapping):
        if set(value) - {"factor"} != {"moment", "of"}:
            raise ValueError(f"priors has {dict(value)!r} for {name!r}; 'moment', 'of' and 'factor' were expected.")
        return {
            "moment": str(value["moment"]), "of": str(value["of"]),
            "factor": real(f"the factor of {name!r}", value.get("factor", 1))}
    try:
        numbers_ = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"priors has {value!r} for {name!r}; numbers were expected.") from None
    if not np.isfinite(numbers_).all() or numbers_.size == 0:
        raise ValueError(f"priors has {value!r} for {name!r}; finite numbers were expected.")
    return numbers_.ravel().tolist()


def _text(value) -> str:
    """A hyperparameter as the command line takes it."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def with_weights(table: Table, sample_weight):
    """The table with a column of weights, and that column's name."""
    if sample_weight is None or isinstance(sample_weight, str):
        return table, sample_weight
    weights = np.ascontiguousarray(sample_weight, dtype=np.float64)
    if weights.shape != (table.count,):
        raise ValueError(f"sample_weight has the shape {weights.shape}; there are {table.count} rows.")
    name = "sample_weight"
    if name in table.names:
        raise ValueError(f"the table has a column {name!r} already: give its name as sample_weight, or rename it.")
    return Table(table.names + [name], table.columns + [weights], table.levels + [None]), name


class _Interrupts:
    """Notes Ctrl-C while the core runs, and passes it on afterwards.

    Python would raise KeyboardInterrupt at the first instruction of the callback, from where ctypes drops it.
    """

    def __enter__(self):
        self.noted = False
        self.previous: Any = None
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self.previous = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number, frame):
        self.noted = True

    def __exit__(self, *exception):
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)
        return False

    def pass_on(self):
        """Does what would have been done at once."""
        if self.noted:
            self.previous(signal.SIGINT, None)


def run(entry, first, table: Table, then, progress, max_passes):
    """Calls an entry point that fits: the handle of the fit, or None, and the error to raise, or None."""
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        raise TypeError(f"progress is {progress!r}; True or a function was expected.")
    report = reporter(progress, max_passes)
    raised: list[BaseException] = []

    def call(phase, number, bound, held_out, remaining_gain, seconds):
        try:
            if report is None or interrupts.noted:
                return 0 if interrupts.noted else 1
            answer = report({
                "start": None if phase < 0 else phase, "pass": number, "bound": bound, "held_out": held_out,
                "remaining_gain": remaining_gain, "seconds": seconds})
            return 0 if answer is False or interrupts.noted else 1
        except BaseException as error:  # noqa: BLE001 - carried over the core and raised again
            raised.append(error)
            return 0

    pointer = ctypes.c_void_p()
    with _Interrupts() as interrupts:
        code = entry(*first, *table.arguments(), *then, _native.PROGRESS(call), ctypes.addressof(pointer))
    if isinstance(report, Line):
        report.end()
    handle = Handle(pointer.value) if pointer.value else None
    if raised:
        return handle, raised[0]
    try:
        interrupts.pass_on()
        _native.check(code)
    except BaseException as error:
        return handle, error
    return handle, None
