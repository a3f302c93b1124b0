"""Rows with missing cells: the cells are integrated out, exactly, component by component.

Given a component, missing cells are Gaussian about their regression on those that are there. Rows are sorted by which
cells they miss; each group is one sweep over the columns that it has, and its sums are completed by the regression.

Source: Ghahramani & Jordan, *Supervised learning from incomplete data via an EM approach*, NIPS 1994.
"""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._conventions import Sums, score_constants
from ._expectation import moments, threads_for, unpack
from ._fitting import Fitting
from ._priors import set_priors


class Patterns:
    """Rows grouped by which cells are missing."""

    def __init__(self, array, row_weights=None):
        array = np.asarray(array, dtype=np.float64)
        self.count, self.width = array.shape
        gone = np.isnan(array)
        packed = np.packbits(gone, axis=1)
        keys, group = np.unique(packed, axis=0, return_inverse=True)
        group = np.ravel(group)
        self.groups = []
        for index in range(len(keys)):
            members = np.flatnonzero(group == index)
            there = np.flatnonzero(~gone[members[0]])
            values = np.ascontiguousarray(array[np.ix_(members, there)])
            weights = None if row_weights is None else np.ascontiguousarray(row_weights[members])
            self.groups.append((members, there, values, weights))


def _full_precisions(parameters, kind):
    components, width = parameters.means.shape
    factors = parameters.precisions_cholesky
    if kind in ("full", "tied"):
        precisions = factors @ np.swapaxes(factors, -1, -2)
        return np.broadcast_to(precisions, (components, width, width))
    diagonal = np.broadcast_to(np.reshape(factors, (components, -1)) ** 2, (components, width))
    return diagonal[:, :, None] * np.eye(width)


class _Marginal:
    """The components over some of the columns, and the regression of the others on them."""

    def __init__(self, precisions, means, there):
        width = means.shape[1]
        gone = np.setdiff1d(np.arange(width), there)
        self.there, self.gone = there, gone
        own = precisions[:, there[:, None], there]
        self.slope = np.zeros((len(means), len(gone), len(there)))
        self.rest = np.zeros((len(means), len(gone), len(gone)))
        self.constant = np.zeros(len(means))
        if len(gone):
            block = precisions[:, gone[:, None], gone]
            self.rest = np.linalg.inv(block)
            cross = precisions[:, gone[:, None], there]
            self.slope = -self.rest @ cross
            own = own + np.swapaxes(cross, 1, 2) @ self.slope
            self.constant = 0.5 * len(gone) * math.log(2 * math.pi) - 0.5 * np.linalg.slogdet(block)[1]
        # z = A x − shift with AᵀA the precision of the columns that are there.
        self.maps: Any = np.ascontiguousarray(np.swapaxes(np.linalg.cholesky(own), 1, 2)) if len(there) else None


class MissingExpectation:
    """E steps over rows with missing cells; see Expectation."""

    def __init__(self, patterns, priors, center, threads):
        self.patterns, self.priors, self.center, self.threads = patterns, priors, center, threads

    def _sweep(self, group, marginal, parameters, constants, **outputs):
        _, there, values, weights = group
        components = len(parameters.means)
        center = np.ascontiguousarray(parameters.means[:, there].mean(0))
        offsets = parameters.means[:, there] - center
        shifts = np.ascontiguousarray(np.matmul(marginal.maps, offsets[:, :, None])[:, :, 0])
        rows = _native.Rows(values)
        return _native.sweep(
            rows, "whitened_full", components, center, marginal.maps, shifts, constants + marginal.constant,
            row_weights=weights, threads=threads_for(rows, components, self.threads), **outputs)

    def run(self, parameters):
        """Sums over the rows, completed; the entropy of labels and missing cells; the sum of log normalizers."""
        kind = self.priors.kind
        components, width = parameters.means.shape
        constants = score_constants(self.priors, parameters)
        precisions = _full_precisions(parameters, kind)
        counts, first = np.zeros(components), np.zeros((components, width))
        second = np.zeros((components, width, width))
        entropy = total = 0.0
        for group in self.patterns.groups:
            members, there, _, weights = group
            marginal = _Marginal(precisions, parameters.means, there)
            gone, seen = marginal.gone, len(there)
            if seen == 0:
                scores = constants + marginal.constant
                top = scores.max()
                normalizer = top + math.log(np.exp(scores - top).sum())
                mass = len(members) if weights is None else weights.sum()
                n = mass * np.exp(scores - normalizer)
                block = np.zeros((components, 0))
                own_first, own_second, part = block, np.zeros((components, 0, 0)), mass * normalizer
                squares = 0.0
            else:
                n = np.empty(components)
                sums = np.empty((components, seen + seen * (seen + 1) // 2))
                part = self._sweep(group, marginal, parameters, constants, counts=n, sums=sums)
                own_second = unpack(sums[:, seen:], seen)
                squares = np.trace(own_second, axis1=1, axis2=2).sum()
                back = np.linalg.inv(marginal.maps)
                own_first = np.matmul(back, sums[:, :seen, None])[:, :, 0]
                own_second = back @ own_second @ np.swapaxes(back, 1, 2)
            total += part
            entropy += part - float(np.dot(constants + marginal.constant, n)) + 0.5 * float(squares)
            if len(gone):
                determinants = np.linalg.slogdet(marginal.rest)[1]
                entropy += float(np.dot(n, 0.5 * determinants + 0.5 * len(gone) * (1 + math.log(2 * math.pi))))
            # About each component's mean: what is there, and the regression of what is not.
            slope = marginal.slope
            counts += n
            first[:, there] += own_first
            first[:, gone] += np.matmul(slope, own_first[:, :, None])[:, :, 0]
            mixed = slope @ own_second
            second[:, there[:, None], there] += own_second
            second[:, gone[:, None], there] += mixed
            second[:, there[:, None], gone] += np.swapaxes(mixed, 1, 2)
            second[:, gone[:, None], gone] += mixed @ np.swapaxes(slope, 1, 2) + n[:, None, None] * marginal.rest
        origins = parameters.means
        if kind == "tied":
            offsets = origins - self.center
            cross = first[:, :, None] * offsets[:, None, :]
            moved = second + cross + np.swapaxes(cross, 1, 2)
            moved += counts[:, None, None] * offsets[:, :, None] * offsets[:, None, :]
            first = first + counts[:, None] * offsets
            return Sums(counts, np.broadcast_to(self.center, first.shape), first, moved.sum(0)), entropy, total
        if kind != "full":
            second = np.diagonal(second, axis1=1, axis2=2)
        return Sums(counts, origins, first, second), entropy, total


def apply(patterns, priors, parameters, what, threads):
    """Row by row: 'responsibilities', 'normalizers' or 'best'."""
    components = len(parameters.means)
    constants = score_constants(priors, parameters)
    precisions = _full_precisions(parameters, priors.kind)
    result = {
        "responsibilities": lambda: np.empty((patterns.count, components)),
        "normalizers": lambda: np.empty(patterns.count), "best": lambda: np.empty(patterns.count, dtype=np.int64),
    }[what]()
    expectation = MissingExpectation(patterns, priors, None, threads)
    for group in patterns.groups:
        members, there, _, _ = group
        marginal = _Marginal(precisions, parameters.means, there)
        if len(there) == 0:
            scores = constants + marginal.constant
            normalizer = scores.max() + math.log(np.exp(scores - scores.max()).sum())
            result[members] = {
                "responsibilities": np.exp(scores - normalizer), "normalizers": normalizer, "best": scores.argmax(),
            }[what]
            continue
        part = np.empty((len(members),) + result.shape[1:], dtype=result.dtype)
        expectation._sweep(group, marginal, parameters, constants, **{what: part})
        result[members] = part
    return result


class MissingFitting(Fitting):
    """A fit to rows with missing cells: it starts from rows whose missing cells are filled by their column's mean."""

    def __init__(self, model, array, row_weights, threads):
        array = np.asarray(array, dtype=np.float64)
        if np.isinf(array).any():
            raise ValueError(f"Input X contains infinity or a value too large for {array.dtype!r}.")
        if model.inference in ("stochastic", "memoized") or model.validation_fraction is not None:
            raise ValueError(
                "rows with missing cells are fitted by inference='coordinate' (or 'auto') without validation_fraction.")
        gone = np.isnan(array)
        if gone.all(axis=0).any():
            raise ValueError(
                f"column {int(np.flatnonzero(gone.all(axis=0))[0])} of X has no value at all; leave it out.")
        filled = np.where(gone, np.nanmean(array, axis=0), array)
        rows = _native.Rows(filled)
        count, mean, scatter = moments(rows, model.covariance_type, row_weights, threads)
        # Filled cells have no spread: scale the variances to what the present cells have.
        present = np.sqrt(np.maximum((~gone).mean(axis=0), 1e-300))
        scatter = scatter / (np.outer(present, present) if scatter.ndim == 2 else present**2)
        priors = set_priors(model, count, mean, scatter)
        super().__init__(model, rows, priors, count, mean, scatter, row_weights, threads)
        self.patterns = Patterns(array, row_weights)

    def expectation(self) -> MissingExpectation:
        return MissingExpectation(self.patterns, self.priors, self.mean, self.threads)

    def _nested(self):
        for start in range(self.model.n_init):
            self.voice.begin(start)
            self._coordinate(self._start(self.rows.array, self.row_weights, 1.0), -np.inf, True)
