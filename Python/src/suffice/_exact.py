"""The true variational posterior behind the estimator: a shipped model, its bound, and its predictive density."""
from __future__ import annotations

import numpy as np

from . import _checks, _conventions
from ._expectation import unpack
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


def fit(estimator, array, sample_weight):
    """Fits the model of an estimator with ``conventions='exact'`` and sets its attributes."""
    kind = estimator.covariance_type
    is_process = estimator.weight_concentration_prior_type == "dirichlet_process"
    for parameter in ("mean_prior", "degrees_of_freedom_prior", "covariance_prior"):
        if getattr(estimator, parameter) is not None:
            raise ValueError(
                f"conventions='exact' takes the data's mean and covariance for its priors; {parameter} must be None.")
    if estimator.warm_start:
        raise ValueError("conventions='exact' starts anew each time; set warm_start=False.")
    components = int(estimator.n_components)
    concentration = estimator.weight_concentration_prior
    concentration = 1.0 / components if concentration is None else float(concentration)
    hyperparameters = dict(components=components, concentration=concentration)
    if estimator.mean_precision_prior is not None:
        hyperparameters["mean_precision"] = float(estimator.mean_precision_prior)
    seed = int(_checks.check_random_state(estimator.random_state).randint(0, 2**31 - 1))
    settings = {} if estimator.batch_size is None else {"batch_size": int(estimator.batch_size)}
    if estimator.validation_fraction is not None:
        if estimator.inference != "stochastic":
            raise ValueError("conventions='exact' takes validation_fraction with inference='stochastic' only.")
        settings["validation_fraction"] = float(estimator.validation_fraction)
    # One component has the weight 1 under either prior: a process has no stick to break then.
    prior = "dirichlet_process" if is_process and components > 1 else "dirichlet_distribution"
    model = Model(_MODELS[kind, prior], **hyperparameters)
    try:
        model.fit(
            array, restarts=8 if estimator.n_init == 1 else int(estimator.n_init),
            max_passes=max(1, int(estimator.max_iter)),
            tolerance=max(1e-3 * float(estimator.tol), 1e-12), seed=seed, n_jobs=estimator.n_jobs,
            inference=_INFERENCE.get(estimator.inference, estimator.inference), sample_weight=sample_weight,
            progress=estimator.progress or (True if estimator.verbose else None), **settings)
    finally:
        # A fit that was stopped is a fit, if not a converged one.
        if model._handle is not None:
            _take(estimator, model, is_process, concentration)


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
        estimator.degrees_of_freedom_ = 2 * posterior["cluster.shape"]
    factors = _conventions.precisions_cholesky(estimator.covariances_, kind)
    estimator.precisions_cholesky_ = factors
    estimator.precisions_ = _conventions.precisions(factors, kind)
    estimator.weight_concentration_prior_ = concentration
    default = models()[model.name]["hyperparameters"]["mean_precision"]["default"]
    estimator.mean_precision_prior_ = model.hyperparameters.get("mean_precision", float(default))
    # What the model's priors expect is what the rows have.
    rows = model._about["observed"][0]
    estimator.mean_prior_ = np.array(rows["mean"])
    variances = np.array(rows["variance"])
    estimator.covariance_prior_ = {
        "full": lambda: unpack(np.array(rows["covariance"]), width),
        "tied": lambda: unpack(np.array(rows["covariance"]), width),
        "diag": lambda: variances, "spherical": lambda: float(variances.mean())}[kind]()
    estimator.degrees_of_freedom_prior_ = width if kind in ("full", "tied") else 1
    estimator.converged_ = model.converged_
    estimator.lower_bound_ = model.bound_
    estimator.lower_bounds_ = list(model.bounds_)
    estimator.n_iter_ = len(estimator.lower_bounds_)
    estimator.model_ = model
