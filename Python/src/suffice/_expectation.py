"""The E step: one sweep of the core over all rows, in whichever form keeps the digits."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import _native
from ._conventions import Parameters, Priors, Sums, score_constants

# Where means lie further from the centre than this many deviations, squared, products of rows about the centre would
# cancel: 1e5 times the unit roundoff is 2e-11. Rows are then measured in deviations from each component's own mean.
_FAR = 1e5
# Below this many operations a second thread costs more than it brings.
_SMALL = 2_000_000


def threads_for(rows: _native.Rows, components: int, threads: int) -> int:
    work = rows.count * components * (2 + rows.width * (rows.width + 3) // 2)
    return 1 if work < _SMALL else threads


def unpack(triangle, width):
    """Symmetric matrices from the rows of their lower triangles."""
    i, j = np.tril_indices(width)
    result = np.empty(triangle.shape[:-1] + (width, width))
    result[..., i, j] = triangle
    result[..., j, i] = triangle
    return result


_triangles: dict = {}


def _triangle(width):
    found = _triangles.get(width)
    if found is None:
        i, j = np.tril_indices(width)
        found = _triangles[width] = (i, j, np.where(i == j, 0.5, 1.0))
    return found


def _factors(parameters: Parameters, kind):
    """The factors of the precisions, one for each component: K×D×D, or K×D where they are diagonal."""
    components, width = parameters.means.shape
    factors = parameters.precisions_cholesky
    if width == 1:
        return np.ascontiguousarray(np.broadcast_to(np.reshape(factors, (-1, 1)), (components, 1)))
    if kind == "full":
        return factors
    if kind == "tied":
        return np.broadcast_to(factors, (components, width, width))
    if kind == "diag":
        return factors
    return np.ascontiguousarray(np.broadcast_to(factors[:, None], (components, width)))


def _whitened(parameters: Parameters, kind, center):
    factors = _factors(parameters, kind)
    offsets = parameters.means - center
    if factors.ndim == 2:
        return "whitened_diagonal", np.ascontiguousarray(factors), np.ascontiguousarray(factors * offsets)
    maps = np.ascontiguousarray(np.swapaxes(factors, 1, 2))
    return "whitened_full", maps, np.ascontiguousarray(np.matmul(maps, offsets[:, :, None])[:, :, 0])


class Expectation:
    """Runs E steps over the same rows."""

    def __init__(self, rows: _native.Rows, priors: Priors, center, scatter=None, row_weights=None, threads=1):
        self.rows = rows
        self.priors = priors
        self.center = np.ascontiguousarray(center)
        #: The sum of the rows' squared deviations from the centre, D×D: what a tied covariance needs.
        self.scatter = scatter
        self.row_weights = row_weights
        self.threads = threads
        #: What the counts are multiplied by: a sample stands for all rows.
        self.scale = 1.0

    def run(self, parameters: Parameters):
        """Sums over the rows, the entropy of the responsibilities, and the sum of the log normalizers."""
        kind, width = self.priors.kind, self.rows.width
        components = len(parameters.means)
        constants = score_constants(self.priors, parameters)
        offsets = parameters.means - self.center
        factors = _factors(parameters, kind)
        matrices: Any = None
        if factors.ndim == 2:
            far = np.max((factors * offsets) ** 2) > _FAR
        else:
            matrices = np.matmul(factors, np.swapaxes(factors, 1, 2))
            spread = np.abs(offsets)
            if kind == "full":
                spread = spread + 2 * np.sqrt(np.diagonal(parameters.covariances, axis1=1, axis2=2))
            far = np.max(np.einsum("kij,ki,kj->k", np.abs(matrices), spread, spread)) > _FAR
        threads = threads_for(self.rows, components, self.threads)
        counts = np.empty(components)
        if kind == "tied" and width > 1:
            return self._tied(parameters, constants, offsets, matrices[0], counts, threads, far)
        if far:
            return self._run_whitened(parameters, constants, counts, threads)
        if factors.ndim == 2:
            form, precision = "diagonal", factors**2
            linear = precision * offsets
            weights = np.concatenate((linear, -0.5 * precision), axis=1)
            bias = constants - 0.5 * (linear * offsets).sum(1)
        else:
            form = "full"
            i, j, halves = _triangle(width)
            linear = np.matmul(matrices, offsets[:, :, None])[:, :, 0]
            weights = np.concatenate((linear, -halves * matrices[:, i, j]), axis=1)
            bias = constants - 0.5 * (linear * offsets).sum(1)
        sums = np.empty(weights.shape)
        total = _native.sweep(
            self.rows, form, components, self.center, weights, None, bias, row_weights=self.row_weights,
            counts=counts, sums=sums, threads=threads)
        entropy = total - float(np.dot(bias, counts)) - float(np.vdot(weights, sums))
        first, second = sums[:, :width], sums[:, width:]
        origins = np.broadcast_to(self.center, (components, width))
        if form == "full":
            second = unpack(second, width)
        return self._result(counts, origins, first, second, entropy, total)

    def _run_whitened(self, parameters, constants, counts, threads):
        kind, width = self.priors.kind, self.rows.width
        form, weights, shifts = _whitened(parameters, kind, self.center)
        components = len(counts)
        second_count = width if form == "whitened_diagonal" else width * (width + 1) // 2
        sums = np.empty((components, width + second_count))
        total = _native.sweep(
            self.rows, form, components, self.center, weights, shifts, constants, row_weights=self.row_weights,
            counts=counts, sums=sums, threads=threads)
        first, second = sums[:, :width], sums[:, width:]
        if form == "whitened_diagonal":
            squares = second.sum()
            first, second = first / weights, second / weights**2
        else:
            second = unpack(second, width)
            squares = np.trace(second, axis1=1, axis2=2).sum()
            back = np.linalg.inv(weights)
            first = np.matmul(back, first[:, :, None])[:, :, 0]
            second = np.matmul(np.matmul(back, second), np.swapaxes(back, 1, 2))
        entropy = total - float(np.dot(constants, counts)) + 0.5 * float(squares)
        return self._result(counts, parameters.means, first, second, entropy, total)

    def _tied(self, parameters, constants, offsets, matrix, counts, threads, far):
        """A shared precision: its quadratic part is the same for all components and leaves the responsibilities."""
        width, components = self.rows.width, len(counts)
        linear = np.ascontiguousarray(offsets @ matrix)
        bias = constants - 0.5 * (linear * offsets).sum(1)
        common = -0.5 * float(np.vdot(matrix, self.scatter))
        first = np.empty((components, width))
        if far:
            form, weights, shifts = _whitened(parameters, "tied", self.center)
            sums = np.empty((components, width + width * (width + 1) // 2))
            total = _native.sweep(
                self.rows, form, components, self.center, weights, shifts, constants, row_weights=self.row_weights,
                counts=counts, sums=sums, threads=threads)
            squares = np.trace(unpack(sums[:, width:], width), axis1=1, axis2=2).sum()
            entropy = total - float(np.dot(constants, counts)) + 0.5 * float(squares)
            back = np.linalg.inv(weights)
            first = np.matmul(back, sums[:, :width, None])[:, :, 0] + counts[:, None] * offsets
            return self._result(
                counts, np.broadcast_to(self.center, first.shape), first, self.scatter, entropy, total, tied=True)
        total = _native.sweep(
            self.rows, "linear", components, self.center, linear, None, bias, row_weights=self.row_weights,
            counts=counts, sums=first, threads=threads)
        entropy = total - float(np.dot(bias, counts)) - float(np.vdot(linear, first))
        return self._result(
            counts, np.broadcast_to(self.center, first.shape), first, self.scatter, entropy, total + common, tied=True)

    def _result(self, counts, origins, first, second, entropy, total, tied=False):
        kind = self.priors.kind
        width = self.rows.width
        if kind == "full" and second.ndim == 2:
            second = second[:, :, None]
        if kind == "tied" and width == 1 and not tied:
            # Diagonal forms served a single column: bring its second moments to the one origin.
            moved = second + 2 * first * (origins - self.center) + counts[:, None] * (origins - self.center) ** 2
            first = first + counts[:, None] * (origins - self.center)
            origins = np.broadcast_to(self.center, first.shape)
            second = moved.sum(0).reshape(1, 1)
        if self.scale != 1.0:
            s = self.scale
            counts, first, second = counts * s, first * s, second * s
            entropy, total = entropy * s, total * s
        return Sums(counts, origins, first, second), entropy, total


def apply(rows, priors, parameters, *, among=None, responsibilities=None, normalizers=None, best=None, threads=1):
    """Row by row: responsibilities, log normalizers, labels. Returns the sum of the log normalizers.

    ``among`` leaves out the components where it is False.
    """
    constants = score_constants(priors, parameters)
    if among is not None:
        constants[~among] = -np.inf
    center = np.ascontiguousarray(parameters.means.mean(0))
    form, weights, shifts = _whitened(parameters, priors.kind, center)
    return _native.sweep(
        rows, form, len(parameters.means), center, weights, shifts, constants,
        responsibilities=responsibilities, normalizers=normalizers, best=best,
        threads=threads_for(rows, len(parameters.means), threads))


def moments(rows, kind="full", row_weights=None, threads=1):
    """The count, mean and scatter about the mean of rows; the scatter has NaN where the rows have.

    The scatter is D×D, or for the kinds 'diag' and 'spherical' its diagonal.
    """
    width = rows.width
    form = "diagonal" if kind in ("diag", "spherical") else "full"
    head = np.asarray(rows.array[: min(rows.count, 1000)], dtype=np.float64)
    with np.errstate(all="ignore"):
        center = head.mean(0)
    if not np.isfinite(center).all():
        center = np.zeros(width)
    for _ in range(2):
        counts = np.empty(1)
        sums = np.empty((1, width + (width if form == "diagonal" else width * (width + 1) // 2)))
        _native.sweep(
            rows, form, 1, np.ascontiguousarray(center), np.zeros_like(sums), None, np.zeros(1),
            row_weights=row_weights, counts=counts, sums=sums, threads=threads_for(rows, 1, threads))
        with np.errstate(all="ignore"):
            shift = sums[0, :width] / counts[0]
            mean = center + shift
            if form == "diagonal":
                scatter = sums[0, width:] - counts[0] * shift**2
                spread = scatter / counts[0]
            else:
                scatter = unpack(sums[0, width:], width) - counts[0] * np.outer(shift, shift)
                spread = np.diagonal(scatter) / counts[0]
            if not np.isfinite(scatter).all() or (shift**2 <= 100 * spread).all():
                break
        # The head says little of the rest: once more about the true mean.
        center = mean
    return counts[0], mean, scatter
