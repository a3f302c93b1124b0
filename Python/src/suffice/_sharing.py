"""Sums over a share of the rows, for systems that hold their own rows: made anywhere, added up, and a model moved by them."""
from __future__ import annotations

import ctypes
import functools
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import _native, _running
from ._errors import SufficeError


class Statistics:
    """What a share of the rows adds up to under a model's parameters; made by ``Model.statistics``.

    Shares are added with ``+`` or ``sum``, in any order, and can be pickled. Those that were formed at other parameters are refused.
    """

    #: Numbers that say whose parameters the sums were formed at.
    _IDENTITY = 2

    def __init__(self, numbers: np.ndarray):
        self._numbers = numbers

    @property
    def row_count(self) -> int:
        """How many rows these are."""
        return int(self._numbers[2])

    def __add__(self, other: Any) -> "Statistics":
        if isinstance(other, int) and other == 0:  # what sum() begins with
            return self
        if not isinstance(other, Statistics):
            return NotImplemented
        own, more, rest = self._numbers, other._numbers, self._IDENTITY
        if own.shape != more.shape or (own[:rest] != more[:rest]).any():
            raise SufficeError(
                "the statistics were formed at different parameters. Form those of every share with the model that is to be updated.")
        return Statistics(np.concatenate([own[:rest], own[rest:] + more[rest:]]))

    __radd__ = __add__

    def __repr__(self) -> str:
        return f"Statistics({self.row_count} rows)"


class Sharing:
    """The part of a model that works on sums in place of rows."""

    _handle: Any

    def statistics(self, data: Any, sample_weight: str | Any = None, n_jobs: int | None = None) -> Statistics:
        """What some rows add up to under the model's parameters: the map of a pass that ``update_from`` reduces.

        ``data`` are a share of the rows, with the columns that the fit was made of, ``sample_weight`` how often each counts, where the
        fit's rows had weights. Models whose sums depend on several variables at once, or on the order of rows, are refused.
        """
        count = int(self._fitted()["statistics"])  # type: ignore[attr-defined]
        table, weights = _running.with_weights(self._table(data), sample_weight)  # type: ignore[attr-defined]
        numbers = np.empty(count)
        _native.check(
            _native.library.suffice_fit_statistics(
                self._handle.pointer, None if weights is None else weights.encode(), *table.arguments(),
                _native.thread_count(n_jobs), _native.address(numbers), count))
        return Statistics(numbers)

    def update_from(self, shares: Statistics | Iterable[Statistics], tolerance: float | None = None) -> Any:
        """One pass of coordinate ascent over rows that are given by what they add up to; the model itself, moved.

        >>> while not model.converged_:
        ...     model.update_from(pool.map(model.statistics, shares))

        The rows take the place of those of the fit; priors that follow the data stay those of the first fit. ``bound_`` rises from call to
        call, and ``converged_`` tells when further ones would gain no more than ``tolerance`` nats a row.
        """
        self._fitted()  # type: ignore[attr-defined]
        listed = [shares] if isinstance(shares, Statistics) else list(shares)
        if not listed:
            raise ValueError("shares is empty; the statistics of at least one share of the rows were expected.")
        total = functools.reduce(operator.add, listed)
        pointer = ctypes.c_void_p()
        _native.check(
            _native.library.suffice_fit_updated(
                self._handle.pointer, _native.address(total._numbers), total._numbers.size,
                float("nan") if tolerance is None else _running.real("tolerance", tolerance), ctypes.addressof(pointer)))
        self._take(_running.Handle(pointer.value))  # type: ignore[attr-defined]
        return self
