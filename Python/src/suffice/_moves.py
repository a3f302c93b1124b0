"""Moves of components: two that lie close to each other become one, and the one that is free takes half of a third."""
from __future__ import annotations

import numpy as np

from ._conventions import Sums

# Moves in a row without a gain before they end, and passes in which one must show its gain.
FAILURES, SETTLING = 4, 6


def _covariances(parameters, kind):
    components, width = parameters.means.shape
    if kind in ("full", "tied"):
        return np.broadcast_to(parameters.covariances, (components, width, width))
    variances = np.broadcast_to(np.reshape(parameters.covariances, (components, -1)), (components, width))
    return variances[:, :, None] * np.eye(width)


def _distances(parameters, kind):
    """Bhattacharyya's distances between the components."""
    covariances = _covariances(parameters, kind)
    middle = 0.5 * (covariances[:, None] + covariances[None])
    apart = parameters.means[:, None] - parameters.means[None]
    scaled = np.linalg.solve(middle, apart[..., None])[..., 0]
    determinants = np.linalg.slogdet(covariances)[1]
    return 0.125 * (apart * scaled).sum(-1) + 0.5 * (
        np.linalg.slogdet(middle)[1] - 0.5 * (determinants[:, None] + determinants[None]))


def proposals(sums: Sums, parameters, kind):
    """Sums with a component moved, the most promising first; ``sums`` are about one centre."""
    counts = sums.counts
    if len(counts) < 2:
        return
    distances = _distances(parameters, kind)
    np.fill_diagonal(distances, np.inf)
    # What costs least to give up: hardly a row, or a component that another one covers.
    cost = counts * np.minimum(distances.min(1), 1.0)
    covariances = _covariances(parameters, kind)
    for split in np.argsort(-counts):
        order = [k for k in np.argsort(cost) if k != split]
        free = order[0]
        others = np.where(np.arange(len(counts)) == split, np.inf, distances[free])
        near = int(np.argmin(others)) if np.isfinite(others).any() else int(split)
        yield _moved(sums, parameters.means, covariances[split], kind, int(free), near, int(split))


def _moved(sums, means, covariance, kind, free, near, split):
    counts, first, second = sums.counts.copy(), sums.first.copy(), sums.second.copy()
    by_component = [counts, first] if kind == "tied" else [counts, first, second]
    for values in by_component:
        values[near] += values[free]
    # Halves of a Gaussian along its longest axis: means and spread of the whole stay what they are.
    values, vectors = np.linalg.eigh(covariance)
    step = np.sqrt(2 / np.pi * max(values[-1], 0)) * vectors[:, -1]
    half = 0.5 * counts[split]
    center = means[split] - sums.origins[split]
    for component, sign in ((split, 1.0), (free, -1.0)):
        offset = center + sign * step
        counts[component], first[component] = half, half * offset
        if kind == "full":
            second[component] = half * (covariance - np.outer(step, step) + np.outer(offset, offset))
        elif kind != "tied":
            second[component] = half * (np.diagonal(covariance) - step**2 + offset**2)
    return Sums(counts, sums.origins, first, second)
