"""The variational mixture of Gaussians in scikit-learn's conventions: priors, updates, the lower bound.

Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 10.2, with the conventions of
sklearn.mixture.BayesianGaussianMixture: covariances are divided by their degrees of freedom, ``reg_covar`` is added to
the empirical covariance of each component, diagonal and spherical precisions take the expected logarithm of a Wishart
determinant, a tied precision takes 1/K of the rows' degrees of freedom, and every stick of a Dirichlet process has a
beta distribution of its own, after which the weights are normalised.
"""
from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from . import _native

_EPSILON = np.finfo(np.float64).eps

COLLAPSED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or scale "
    "the input data."
)


@dataclasses.dataclass
class Priors:
    """What is known before the data: see scikit-learn's parameters of these names."""

    is_process: bool
    weight_concentration: float
    mean_precision: float
    mean: np.ndarray
    degrees_of_freedom: float
    covariance: Any
    reg_covar: float
    kind: str


@dataclasses.dataclass
class Parameters:
    """The posterior, in scikit-learn's shapes."""

    weight_concentration: Any
    mean_precision: np.ndarray
    means: np.ndarray
    degrees_of_freedom: Any
    covariances: np.ndarray
    precisions_cholesky: np.ndarray

    def astuple(self):
        return (
            self.weight_concentration, self.mean_precision, self.means, self.degrees_of_freedom, self.covariances,
            self.precisions_cholesky,
        )


@dataclasses.dataclass
class Sums:
    """Sums over rows, by component: counts, and moments about an origin of each component."""

    counts: np.ndarray
    origins: np.ndarray
    first: np.ndarray
    # K×D×D for 'full', D×D about the one origin for 'tied', K×D for 'diag' and 'spherical'.
    second: np.ndarray

    def moments(self, kind, reg_covar):
        """Counts, means and covariances of the components, as scikit-learn estimates them."""
        nk = self.counts + 10 * _EPSILON
        # The distance of a mean from its origin; counts and nk differ by what keeps empty components finite.
        shift = self.first / nk[:, None] - self.origins * (10 * _EPSILON / nk)[:, None]
        xk = self.origins + shift
        if kind == "tied":
            sk = (self.second - np.dot((nk * shift.T), shift)) / nk.sum()
            sk.flat[:: len(sk) + 1] += reg_covar
        elif kind == "full":
            cross = self.first[:, :, None] * shift[:, None, :]
            sk = self.second - cross - cross.transpose(0, 2, 1)
            sk += self.counts[:, None, None] * (shift[:, :, None] * shift[:, None, :])
            sk /= nk[:, None, None]
            diagonal = np.arange(sk.shape[1])
            sk[:, diagonal, diagonal] = np.maximum(sk[:, diagonal, diagonal], 0) + reg_covar
        else:
            sk = self.second - 2 * self.first * shift + self.counts[:, None] * shift**2
            sk = np.maximum(sk / nk[:, None], 0) + reg_covar
            if kind == "spherical":
                sk = sk.mean(axis=1)
        return nk, xk, sk


def precisions_cholesky(covariances, kind):
    """The upper Cholesky factors of the precisions: a row's deviation times its factor has unit covariance."""
    if kind in ("diag", "spherical"):
        if not (np.asarray(covariances) > 0).all():
            raise ValueError(COLLAPSED)
        return 1.0 / np.sqrt(covariances)
    if covariances.shape[-1] == 1:
        if not (covariances > 0).all():
            raise ValueError(COLLAPSED)
        return 1.0 / np.sqrt(covariances)
    try:
        lower = np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        raise ValueError(COLLAPSED) from None
    inverse = np.linalg.inv(lower)
    return np.ascontiguousarray(np.triu(np.swapaxes(inverse, -1, -2)))


def maximize(priors: Priors, nk, xk, sk) -> Parameters:
    """The posterior given counts, means and covariances of the components."""
    kind, beta0 = priors.kind, priors.mean_precision
    components = len(nk)
    if priors.is_process:
        later = np.concatenate((np.cumsum(nk[::-1])[-2::-1], (0,)))
        weight_concentration = (1.0 + nk, priors.weight_concentration + later)
    else:
        weight_concentration = priors.weight_concentration + nk
    beta = beta0 + nk
    means = (beta0 * priors.mean + nk[:, None] * xk) / beta[:, None]
    diff = xk - priors.mean
    if kind == "full":
        nu = priors.degrees_of_freedom + nk
        covariances = nk[:, None, None] * sk + (nk * beta0 / beta)[:, None, None] * (
            diff[:, :, None] * diff[:, None, :])
        covariances += priors.covariance
        covariances /= nu[:, None, None]
    elif kind == "tied":
        nu = priors.degrees_of_freedom + nk.sum() / components
        covariances = (
            priors.covariance + sk * nk.sum() / components
            + beta0 / components * np.dot((nk / beta) * diff.T, diff)
        ) / nu
    elif kind == "diag":
        nu = priors.degrees_of_freedom + nk
        covariances = (
            priors.covariance + nk[:, None] * (sk + (beta0 / beta)[:, None] * np.square(diff))
        ) / nu[:, None]
    else:
        nu = priors.degrees_of_freedom + nk
        covariances = (priors.covariance + nk * (sk + beta0 / beta * np.mean(np.square(diff), 1))) / nu
    return Parameters(
        weight_concentration, beta, means, nu, covariances, precisions_cholesky(covariances, kind))


def log_determinant(parameters: Parameters, kind, width):
    """The logarithm of the determinant of each factor of a precision; one number where it is shared."""
    factors = parameters.precisions_cholesky
    if kind == "full":
        return np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(1)
    if kind == "tied":
        return np.log(np.diagonal(factors)).sum()
    if kind == "diag":
        return np.log(factors).sum(1)
    return width * np.log(factors)


def score_constants(priors: Priors, parameters: Parameters):
    """What a row's score in each component has beside −½ of its squared distance from the mean."""
    kind = priors.kind
    components, width = parameters.means.shape
    nu = np.atleast_1d(np.asarray(parameters.degrees_of_freedom, dtype=np.float64))
    halves = 0.5 * (nu - np.arange(width)[:, None])
    if priors.is_process:
        a, b = parameters.weight_concentration
        values = _native.digamma(np.concatenate((halves.ravel(), a, b, a + b)))
        psi_a, psi_b, psi_sum = values[halves.size:].reshape(3, components)
        log_weights = psi_a - psi_sum
        log_weights[1:] += np.cumsum(psi_b - psi_sum)[:-1]
    else:
        alpha = parameters.weight_concentration
        values = _native.digamma(np.concatenate((halves.ravel(), alpha, (alpha.sum(),))))
        log_weights = values[halves.size:-1] - values[-1]
    log_lambda = width * math.log(2.0) + values[: halves.size].reshape(halves.shape).sum(0)
    constants = (
        log_determinant(parameters, kind, width) - 0.5 * width * (math.log(2 * math.pi) + np.log(nu))
        + 0.5 * (log_lambda - width / parameters.mean_precision) + log_weights
    )
    return np.ascontiguousarray(constants)


def lower_bound(priors: Priors, parameters: Parameters, entropy: float) -> float:
    """scikit-learn's bound, without its constant terms: not comparable between different priors."""
    components, width = parameters.means.shape
    nu = np.atleast_1d(np.asarray(parameters.degrees_of_freedom, dtype=np.float64))
    halves = 0.5 * (nu - np.arange(width)[:, None])
    if priors.is_process:
        a, b = parameters.weight_concentration
        values = _native.log_gamma(np.concatenate((halves.ravel(), a, b, a + b)))
        ga, gb, gsum = values[halves.size:].reshape(3, components)
        log_norm_weight = -np.sum(ga + gb - gsum)
    else:
        alpha = parameters.weight_concentration
        values = _native.log_gamma(np.concatenate((halves.ravel(), alpha, (alpha.sum(),))))
        log_norm_weight = values[-1] - values[halves.size:-1].sum()
    log_determinants = log_determinant(parameters, priors.kind, width) - 0.5 * width * np.log(nu)
    log_wishart = -(
        nu * log_determinants + nu * (width * 0.5 * math.log(2.0))
        + values[: halves.size].reshape(halves.shape).sum(0)
    )
    log_wishart = components * log_wishart[0] if priors.kind == "tied" else log_wishart.sum()
    return float(
        entropy - log_wishart - log_norm_weight - 0.5 * width * np.sum(np.log(parameters.mean_precision)))


def weights(is_process, weight_concentration):
    """The expected mixture weights."""
    if not is_process:
        return weight_concentration / weight_concentration.sum()
    a, b = weight_concentration
    rest = b / (a + b)
    result = a / (a + b) * np.concatenate(((1,), np.cumprod(rest[:-1])))
    return result / result.sum()


def precisions(factors, kind):
    """The precisions of the components."""
    if kind in ("full", "tied"):
        return factors @ np.swapaxes(factors, -1, -2)
    return factors**2
