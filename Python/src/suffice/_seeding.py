"""Where a fit starts: k-means, k-means++, random responsibilities, rows drawn from the data.

Draws come from NumPy's RandomState in the order in which scikit-learn makes them, so that a seed means the same start.
"""
from __future__ import annotations

import numpy as np

from . import _native
from ._conventions import Sums
from ._expectation import threads_for, unpack


def _squared_distances(points, X, norms):
    distances = -2.0 * (points @ X.T)
    distances += (points**2).sum(1)[:, None]
    distances += norms
    return np.maximum(distances, 0, out=distances)


def plus_plus(X, count, random, row_weights=None):
    """Rows drawn far from each other: greedy k-means++.

    Source: Arthur & Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007; of 2 + log K candidates
    the one is taken that lowers the potential most.
    """
    n = len(X)
    weights = np.ones(n) if row_weights is None else row_weights
    norms = np.einsum("ij,ij->i", X, X)
    trials = 2 + int(np.log(count))
    first = random.choice(n, p=weights / weights.sum())
    chosen = [first]
    closest = _squared_distances(X[first : first + 1], X, norms)[0]
    potential = closest @ weights
    for _ in range(1, count):
        draws = random.uniform(size=trials) * potential
        candidates = np.searchsorted(np.cumsum(weights * closest), draws)
        np.clip(candidates, None, n - 1, out=candidates)
        distances = _squared_distances(X[candidates], X, norms)
        np.minimum(closest, distances, out=distances)
        potentials = distances @ weights
        best = int(np.argmin(potentials))
        potential, closest = potentials[best], distances[best]
        chosen.append(int(candidates[best]))
    return np.asarray(chosen)


def k_means(X, count, random, row_weights=None, threads=1, rounds=300):
    """The label of each row by Lloyd's algorithm from k-means++, as scikit-learn's KMeans with one start."""
    n, width = X.shape
    X = np.array(X, dtype=np.float64, order="C")
    X -= X.mean(0) if row_weights is None else np.average(X, axis=0, weights=row_weights)
    variance = X.var(0) if row_weights is None else np.var(X, axis=0)
    tolerance = float(np.mean(variance)) * 1e-4
    centers = X[plus_plus(X, count, random, row_weights)]
    rows = _native.Rows(X)
    threads = threads_for(rows, count, threads)
    zero = np.zeros(width)
    counts, sums = np.empty(count), np.empty((count, width))
    labels, old = np.empty(n, dtype=np.int64), None
    for _ in range(rounds):
        centers = np.ascontiguousarray(centers)
        bias = -0.5 * np.einsum("ij,ij->i", centers, centers)
        _native.sweep(
            rows, "linear", count, zero, centers, None, bias, row_weights=row_weights, hard=True, counts=counts,
            sums=sums, best=labels, threads=threads)
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            _relocate(X, row_weights, centers, counts, sums, labels, empty)
        updated = np.where(counts[:, None] > 0, sums / np.where(counts > 0, counts, 1)[:, None], centers)
        shift = float(((updated - centers) ** 2).sum())
        centers = updated
        if old is not None and np.array_equal(labels, old):
            return labels
        if shift <= tolerance:
            break
        old = labels.copy()
    bias = -0.5 * np.einsum("ij,ij->i", centers, centers)
    _native.sweep(
        rows, "linear", count, zero, np.ascontiguousarray(centers), None, bias, hard=True, best=labels,
        threads=threads)
    return labels


def _relocate(X, row_weights, centers, counts, sums, labels, empty):
    """Gives each empty cluster one of the rows that lie furthest from their centres."""
    distances = ((X - centers[labels]) ** 2).sum(1)
    if distances.max() == 0:
        return
    far = np.argpartition(distances, -len(empty))[: -len(empty) - 1 : -1]
    for cluster, row in zip(empty, far):
        weight = 1.0 if row_weights is None else row_weights[row]
        counts[labels[row]] -= weight
        sums[labels[row]] -= X[row] * weight
        counts[cluster] = weight
        sums[cluster] = X[row] * weight


def responsibilities(X, method, count, random, row_weights=None, threads=1, rounds=300):
    """What the first update starts from: the label of each row (n), or responsibilities (n×K)."""
    n = len(X)
    if method == "kmeans":
        return k_means(X, count, random, row_weights, threads, rounds)
    if method == "random":
        result = random.uniform(size=(n, count))
        result /= result.sum(axis=1)[:, None]
        return result
    result = np.zeros((n, count))
    if method == "random_from_data":
        if row_weights is None:
            indices = random.choice(n, size=count, replace=False)
        else:
            indices = random.choice(n, size=count, replace=False, p=row_weights / row_weights.sum())
    else:
        indices = plus_plus(np.asarray(X, dtype=np.float64), count, random, row_weights)
    result[indices, np.arange(count)] = 1
    return result


def sums_of(X, start, count, kind, center, scatter, row_weights=None):
    """Sums over rows with given labels or responsibilities."""
    width = X.shape[1]
    Y = np.asarray(X, dtype=np.float64) - center
    products = (
        (Y[:, :, None] * Y[:, None, :])[(slice(None),) + np.tril_indices(width)]
        if kind == "full" and width <= 8
        else None
    )
    if start.ndim == 1:
        w = row_weights
        counts = np.bincount(start, weights=w, minlength=count).astype(np.float64)
        first = np.stack(
            [np.bincount(start, weights=Y[:, j] if w is None else w * Y[:, j], minlength=count) for j in range(width)],
            axis=1)
        responsibility = None
    else:
        responsibility = start if row_weights is None else start * row_weights[:, None]
        counts, first = responsibility.sum(0), responsibility.T @ Y
    if kind == "tied":
        # scikit-learn takes all rows' second moments about 0, whatever responsibilities a start gives away.
        mass = len(X) if row_weights is None else row_weights.sum()
        lean = np.outer(center, first.sum(0))
        second = scatter + (mass - counts.sum()) * np.outer(center, center) - lean - lean.T
    elif kind == "full" and responsibility is not None and products is not None:
        second = unpack(responsibility.T @ products, width)
    elif kind == "full":
        second = np.empty((count, width, width))
        for k in range(count):
            if responsibility is None:
                own = start == k
                part = Y[own]
                second[k] = (part if row_weights is None else part * row_weights[own, None]).T @ part
            else:
                second[k] = (responsibility[:, k] * Y.T) @ Y
    else:
        squares = Y * Y
        if responsibility is None:
            second = np.stack(
                [
                    np.bincount(
                        start, weights=squares[:, j] if row_weights is None else row_weights * squares[:, j],
                        minlength=count)
                    for j in range(width)
                ],
                axis=1)
        else:
            second = responsibility.T @ squares
    return Sums(counts, np.broadcast_to(center, (count, width)), first, second)
