"""Fits that move between parts of the rows: stochastic steps, cached sums of parts, streams of rows."""
from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from . import _conventions, _moves, _native
from ._conventions import Sums
from ._expectation import Expectation
from ._fitting import FIRST_SAMPLE, Fitting

# Parts that memoized inference cuts the rows into.
_PARTS = 20


def sums_about(sums, center, kind, own_center):
    """Sums about one centre for all components."""
    offsets = sums.origins - center
    first = sums.first + sums.counts[:, None] * offsets
    if kind == "tied":
        # The scatter of all rows is about their own mean.
        shift = own_center - center
        lean = sums.first.sum(0) + (sums.counts[:, None] * (sums.origins - own_center)).sum(0)
        second = (
            sums.second + np.outer(lean, shift) + np.outer(shift, lean) + sums.counts.sum() * np.outer(shift, shift))
    elif kind == "full":
        cross = sums.first[:, :, None] * offsets[:, None, :]
        second = sums.second + cross + cross.transpose(0, 2, 1)
        second = second + sums.counts[:, None, None] * offsets[:, :, None] * offsets[:, None, :]
    else:
        second = sums.second + 2 * sums.first * offsets + sums.counts[:, None] * offsets**2
    return Sums(sums.counts, np.broadcast_to(center, first.shape), first, second)


def blend(parts, factors):
    """A linear combination of sums about the same centre."""
    def total(name: str) -> Any:
        return sum(factor * getattr(part, name) for part, factor in zip(parts, factors))

    return Sums(total("counts"), parts[0].origins, total("first"), total("second"))


class _Parts:
    """The rows in parts, and the sums over each."""

    def __init__(self, fitting: Fitting):
        self.fitting, self.kind = fitting, fitting.priors.kind
        total = fitting.rows.count
        edges = np.linspace(0, total, min(_PARTS, total) + 1).astype(int)
        self.expectations = []
        for low, high in zip(edges[:-1], edges[1:]):
            weights = None if fitting.row_weights is None else fitting.row_weights[low:high]
            # A shared covariance needs the scatter of all rows only, which does not change.
            scatter = None if self.kind != "tied" else fitting.scatter * ((high - low) / total)
            self.expectations.append(Expectation(
                _native.Rows(fitting.rows.array[low:high]), fitting.priors, fitting.mean, scatter, weights,
                fitting.threads))
        #: The sums of each part and its entropy.
        self.kept: list = [None] * len(self.expectations)

    def sums(self):
        """The sums over all rows."""
        return blend([sums for sums, _ in self.kept], [1.0] * len(self.kept))

    def run(self, parameters, is_first):
        """A pass: the parameters follow after each part, or in the first pass after the last one."""
        fitting = self.fitting
        for part, expectation in enumerate(self.expectations):
            sums, entropy, _ = expectation.run(parameters)
            self.kept[part] = (sums_about(sums, fitting.mean, self.kind, fitting.mean), entropy)
            if not is_first or part == len(self.kept) - 1:
                parameters = fitting.maximize(self.sums())
        entropy = sum(entropy for _, entropy in self.kept)
        return parameters, _conventions.lower_bound(fitting.priors, parameters, entropy)

    def move(self, parameters, bound, least):
        """The first move of a component that raises the bound, or None."""
        before = list(self.kept)
        tried = _moves.proposals(self.sums(), parameters, self.kind)
        for sums in itertools.islice(tried, _moves.FAILURES):
            moved, last = self.fitting.maximize(sums), -np.inf
            for number in range(_moves.SETTLING):
                moved, found = self.run(moved, is_first=number == 0)
                if found > bound + least:
                    return moved, found
                if number > 0 and found + _moves.SETTLING * (found - last) < bound:
                    break
                last = found
            self.kept = list(before)
        return None


def memoized(fitting: Fitting, parameters=None):
    """Coordinate ascent part by part: the sums of all parts are kept, and after each part the parameters follow.

    The bound over all rows is exact and does not fall. Where it no longer rises, components are moved, as long as that
    raises it; their number stays.

    Source: Hughes & Sudderth, *Memoized online variational inference for Dirichlet process mixture models*, NIPS 2013.
    """
    model = fitting.model
    iterations = 0
    if parameters is None:
        parameters, iterations, _ = fitting.sampled_start()
    parts = _Parts(fitting)
    bound, bounds, converged = -np.inf, [], False
    absolute = model.convergence == "absolute"
    tolerance = model.tol if absolute else 1e-3 * model.tol * fitting.count
    held_out = fitting.held_out
    for number in range(1, model.max_iter + 1):
        before = bound
        parameters, bound = parts.run(parameters, is_first=number == 1)
        is_done = held_out is not None and held_out.is_done(fitting.priors, parameters, fitting.threads)
        if abs(bound - before) < tolerance and not is_done:
            moved = parts.move(parameters, bound, tolerance) if number < model.max_iter else None
            converged = moved is None
            parameters, bound = moved or (parameters, bound)
        bounds.append(bound)
        fitting.latest = fitting.best = (parameters, bound, bounds, iterations + number, False)
        fitting.voice.iteration(number, bound - before)
        fitting.voice.note(
            number, bound, (bound - before) / fitting.count, held_out.scores[-1] if held_out else np.nan)
        if converged or is_done:
            converged = True
            break
    fitting.voice.end(bound, converged)
    fitting.best = (parameters, bound, bounds, iterations + len(bounds), converged)


def stochastic(fitting: Fitting, parameters=None):
    """Natural-gradient steps on batches, judged by rows that are kept aside, and one pass over all rows at the end.

    The natural parameters are the prior's plus sums over the rows: a step of rate ρ blends the sums of a batch, scaled
    to all rows, into those so far. Rates decay as (t + delay)^−0.7, where the delay counts the start's sample in
    batches.

    Source: Hoffman, Blei, Wang & Paisley, *Stochastic variational inference*, JMLR 14 (2013).
    """
    model, kind, held_out = fitting.model, fitting.priors.kind, fitting.held_out
    iterations, sample = 0, fitting.rows.count
    if parameters is None:
        parameters, iterations, sample = fitting.sampled_start()
    batch = model.batch_size or min(max(fitting.rows.count // 100, 1000), 20_000)
    drawn = np.setdiff1d(np.arange(fitting.rows.count), held_out.index)
    step, converged = sample / batch, False
    head = fitting.expectation_of(*fitting.sample(min(sample, FIRST_SAMPLE)))
    sums = sums_about(head.run(parameters)[0], fitting.mean, kind, fitting.mean)
    passes = 0
    while passes < model.max_iter and not converged:
        passes += 1
        fitting.random.shuffle(drawn)
        for low in range(0, len(drawn), batch):
            expectation = fitting.expectation_of(*fitting.take(drawn[low : low + batch]))
            if expectation.scale == 0:
                continue
            found = sums_about(expectation.run(parameters)[0], fitting.mean, kind, fitting.mean)
            step += 1
            rate = step**-0.7
            sums = blend([sums, found], [1 - rate, rate])
            parameters = fitting.maximize(sums)
        converged = held_out.is_done(fitting.priors, parameters, fitting.threads)
        fitting.latest = (parameters, np.nan, [], iterations + passes, False)
        last = held_out.scores[-2] if passes > 1 else -np.inf
        fitting.voice.iteration(passes, held_out.scores[-1] - last)
        fitting.voice.note(passes, np.nan, held_out.scores[-1] - last, held_out.scores[-1])
    sums, entropy, _ = fitting.expectation().run(parameters)
    parameters = fitting.maximize(sums)
    bound = _conventions.lower_bound(fitting.priors, parameters, entropy)
    fitting.voice.end(bound, converged)
    fitting.best = (parameters, bound, [bound], iterations + passes, converged)


class StreamFitting(Fitting):
    """One call of partial_fit."""

    def __init__(self, model, rows, priors, count, mean, scatter, row_weights, threads):
        super().__init__(model, rows, priors, count, mean, scatter, row_weights, threads)
        self.earlier = getattr(model, "_stream", None)

    def run(self):
        model, earlier, kind = self.model, self.earlier, self.priors.kind
        parameters = self._start(self.rows.array, self.row_weights, 1.0) if earlier is None else model._parameters()
        expectation = self.expectation()
        before, bounds, converged = -np.inf, [], False
        center = self.mean if earlier is None else earlier["center"]
        for _ in range(max(1, model.max_iter)):
            sums, entropy, _ = expectation.run(parameters)
            sums = sums_about(sums, center, kind, self.mean)
            if earlier is not None:
                sums.counts = sums.counts + earlier["counts"]
                sums.first = sums.first + earlier["first"]
                sums.second = sums.second + earlier["second"]
                entropy += earlier["entropy"]
            parameters = self.maximize(sums)
            bound = _conventions.lower_bound(self.priors, parameters, entropy)
            bounds.append(bound)
            self.voice.note(len(bounds), bound, (bound - before) / self.count)
            if bound - before < 1e-3 * model.tol * self.count:
                converged = True
                break
            before = bound
        self.voice.close()
        model._set_parameters(parameters)
        model._stream = dict(
            center=sums.origins[0].copy(), counts=sums.counts, first=sums.first, second=sums.second, entropy=entropy)
        seen = model.n_samples_seen_ if earlier is not None else 0
        model.n_samples_seen_ = seen + self.rows.count
        model.converged_, model.n_iter_ = converged, len(bounds)
        model.lower_bound_, model.lower_bounds_ = bounds[-1], bounds
