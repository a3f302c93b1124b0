"""The true variational posterior behind the estimator: a shipped model, its bound, and its predictive density."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import _checks, _conventions
from ._expectation import unpack
from ._priors import given_priors
from .model import Model, models

_MODELS = {
    ("full", "dirichlet_distribution"): "gaussian-mixture",
    ("full", "dirichlet_process"): "dirichlet-process-gaussian-mixture",
    ("diag", "dirichlet_distribution"): "diagonal-gaussian-mixture",
    ("diag", "dirichlet_process"): "dirichlet-process-column-mixture",
    ("spherical", "dirichlet_distribution"): "spherical-gaussian-mixture",
    ("spherical", "dirichlet_process"): "dirichlet-process-spherical-mixture",
    ("tied", "dirichlet_distribution"): "tied-gaussian-mixture",
    ("tied", "dirichlet_process"): "dirichlet-process-tied-mixture",
}

# What the library calls the estimator's schedules.
_INFERENCE = {"nested": "progressive"}

# Starts that are compared, whatever fewer ``n_init`` asks for: more starts are never worse.
_LEAST_STARTS = 8


def fit(estimator, array, sample_weight):
    """Fits the model of an estimator with ``conventions='exact'`` and sets its attributes."""
    kind = estimator.covariance_type
    is_process = estimator.weight_concentration_prior_type == "dirichlet_process"
    if kind == "spherical" and array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(
            "conventions='exact' integrates missing cells out for the covariance types 'full', 'tied' and 'diag'; one "
            "variance for all columns needs whole rows. Choose another covariance_type, or drop the rows.")
    if estimator.warm_start:
        raise ValueError("conventions='exact' starts anew each time; set warm_start=False.")
    components = int(estimator.n_components)
    concentration = estimator.weight_concentration_prior
    concentration = 1.0 / components if concentration is None else float(concentration)
    hyperparameters: dict[str, Any] = dict(components=components, concentration=concentration)
    if estimator.mean_precision_prior is not None:
        hyperparameters["mean_precision"] = float(estimator.mean_precision_prior)
    seed = int(_checks.check_random_state(estimator.random_state).randint(0, 2**31 - 1))
    settings: dict[str, Any] = {} if estimator.batch_size is None else {"batch_size": int(estimator.batch_size)}
    if estimator.validation_fraction is not None:
        if estimator.inference != "stochastic":
            raise ValueError("conventions='exact' takes validation_fraction with inference='stochastic' only.")
        settings["validation_fraction"] = float(estimator.validation_fraction)
    # One component has the weight 1 under either prior: a process has no stick to break then.
    prior = "dirichlet_process" if is_process and components > 1 else "dirichlet_distribution"
    model = Model(_MODELS[kind, prior], priors=_given_priors(estimator), **hyperparameters)
    try:
        model.fit(
            array, restarts=max(_LEAST_STARTS, int(estimator.n_init)),
            max_passes=max(1, int(estimator.max_iter)),
            tolerance=max(1e-3 * float(estimator.tol), 1e-12), seed=seed, n_jobs=estimator.n_jobs,
            inference=_INFERENCE.get(estimator.inference, estimator.inference), sample_weight=sample_weight,
            progress=estimator.progress or (True if estimator.verbose else None), **settings)
    finally:
        # A fit that was stopped is a fit, if not a converged one.
        if model._handle is not None:
            _take(estimator, model, is_process, concentration)


# What the tied models expect within components, as a share of the covariance of all rows.
_SHARE_OF_TIED = 0.2


def _given_priors(estimator):
    """The parameters of the model's priors that are those of an estimator.

    A precision has scikit-learn's Wishart prior W(ν₀, C⁻¹), C being ``covariance_prior``: it expects the covariance C/ν₀.
    That of a diagonal precision's element is Gamma(ν₀/2, C/2), that of a spherical one, which D columns share, Gamma(Dν₀/2,
    DC/2): with N rows each has ν₀ + N degrees of freedom, as in scikit-learn.
    """
    kind, width = estimator.covariance_type, estimator.n_features_in_
    is_matrix = kind in ("full", "tied")
    mean, freedom, covariance = given_priors(estimator, width, width - 1 if is_matrix else 0)
    priors = {}
    if mean is not None:
        priors["mean.mean" if kind == "tied" else "cluster.mean"] = mean
    if is_matrix:
        name = "precision" if kind == "tied" else "cluster"
        if freedom is not None:
            priors[f"{name}.degreesOfFreedom"] = freedom
        if covariance is not None:
            expected = covariance / (width if freedom is None else freedom)
            priors[f"{name}.covariance"] = expected
            if kind == "tied":
                # In units of the precisions that the columns are expected to have, be it by the data or by this prior.
                priors["mean.precision"] = _mean_precision(estimator, "tied-gaussian-mixture") / np.diag(expected)
    elif freedom is not None or covariance is not None:
        # A gamma distribution's share in what ν₀ and C are for each column.
        share = 0.5 * (width if kind == "spherical" else 1)
        shape = 0.5 if freedom is None else share * freedom
        priors["cluster.shape"] = shape
        priors["cluster.rate"] = (
            {"moment": "variance", "of": "x", "factor": shape} if covariance is None else share * covariance)
    return priors


def _mean_precision(estimator, name):
    """The parameter mean_precision_prior, or what the model of a name has."""
    given = estimator.mean_precision_prior
    return float(models()[name]["hyperparameters"]["mean_precision"]["default"] if given is None else given)


def _take(estimator, model, is_process, concentration):
    """Sets the attributes of an estimator to a model's posterior."""
    kind, width = estimator.covariance_type, estimator.n_features_in_
    posterior = model.posterior
    if is_process:
        a = np.append(posterior.get("weights.stickAlpha", ()), 1.0)
        b = np.append(posterior.get("weights.stickBeta", ()), 0.0)
        estimator.weight_concentration_ = (a, b)
        rest = b / (a + b)
        estimator.weights_ = a / (a + b) * np.concatenate(((1,), np.cumprod(rest[:-1])))
    else:
        alpha = posterior["weights.concentration"]
        estimator.weight_concentration_ = alpha
        estimator.weights_ = alpha / alpha.sum()
    if kind == "full":
        estimator.means_ = posterior["cluster.mean"]
        estimator.covariances_ = posterior["cluster.covariance"]
        estimator.mean_precision_ = posterior["cluster.meanPrecision"]
        estimator.degrees_of_freedom_ = posterior["cluster.degreesOfFreedom"]
    elif kind == "tied":
        estimator.means_ = posterior["mean.mean"]
        estimator.covariances_ = posterior["precision.covariance"]
        estimator.mean_precision_ = posterior["mean.precision"]
        estimator.degrees_of_freedom_ = float(posterior["precision.degreesOfFreedom"])
    else:
        estimator.means_ = posterior["cluster.mean"]
        estimator.covariances_ = posterior["cluster.rate"] / posterior["cluster.shape"]
        estimator.mean_precision_ = posterior["cluster.meanPrecision"]
        estimator.degrees_of_freedom_ = 2 * posterior["cluster.shape"] / (width if kind == "spherical" else 1)
    factors = _conventions.precisions_cholesky(estimator.covariances_, kind)
    estimator.precisions_cholesky_ = factors
    estimator.precisions_ = _conventions.precisions(factors, kind)
    estimator.weight_concentration_prior_ = concentration
    estimator.mean_precision_prior_ = _mean_precision(estimator, model.name)
    # What is not given, the rows say: the covariance that the prior expects is theirs.
    mean, freedom, covariance = given_priors(estimator, width, 0)
    if freedom is None:
        freedom = {"full": width, "tied": width, "diag": 1, "spherical": 1 / width}[kind]
    rows = model._about["observed"][0]
    variances = np.array(rows["variance"])
    estimator.mean_prior_ = np.array(rows["mean"]) if mean is None else mean
    estimator.degrees_of_freedom_prior_ = freedom
    if kind == "tied" and covariance is None and estimator.mean_precision_prior is None:
        # The model counts in precisions of all rows, the attribute in those that the prior expects.
        estimator.mean_precision_prior_ *= _SHARE_OF_TIED
    estimator.covariance_prior_ = covariance if covariance is not None else freedom * {
        "full": lambda: unpack(np.array(rows["covariance"]), width),
        "tied": lambda: _SHARE_OF_TIED * unpack(np.array(rows["covariance"]), width),
        "diag": lambda: variances, "spherical": lambda: float(variances.mean())}[kind]()
    estimator.converged_ = model.converged_
    estimator.lower_bound_ = model.bound_
    estimator.lower_bounds_ = list(model.bounds_)
    estimator.n_iter_ = len(estimator.lower_bounds_)
    estimator.model_ = model
