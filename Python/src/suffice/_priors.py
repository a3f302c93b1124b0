"""The priors of an estimator: its parameters where they are given, else what scikit-learn takes of the data."""
from __future__ import annotations

import numpy as np

from ._conventions import Priors


def set_priors(estimator, count, mean, scatter) -> Priors:
    """Checks the parameters that are priors and sets the attributes of their names with an underscore."""
    width = len(mean)
    concentration = estimator.weight_concentration_prior
    estimator.weight_concentration_prior_ = 1.0 / int(estimator.n_components) if concentration is None else concentration
    precision = estimator.mean_precision_prior
    estimator.mean_precision_prior_ = 1.0 if precision is None else precision
    given_mean, freedom, covariance = given_priors(estimator, width, width - 1)
    estimator.mean_prior_ = mean if given_mean is None else given_mean
    estimator.degrees_of_freedom_prior_ = width if freedom is None else freedom
    if covariance is None:
        covariance = scatter / (count - 1) if count > 1 else scatter
        covariance = covariance.mean() if estimator.covariance_type == "spherical" else covariance
    estimator.covariance_prior_ = covariance
    return priors_of(estimator)


def given_priors(estimator, width, least_freedom):
    """The parameters mean_prior, degrees_of_freedom_prior and covariance_prior, checked; None where they are not given."""
    kind = estimator.covariance_type
    mean = None if estimator.mean_prior is None else _array(estimator.mean_prior, (width,), "means")
    freedom = estimator.degrees_of_freedom_prior
    if freedom is not None and not freedom > least_freedom:
        raise ValueError(
            "The parameter 'degrees_of_freedom_prior' should be greater than %d, but got %.3f."
            % (least_freedom, freedom))
    covariance = estimator.covariance_prior
    if covariance is None:
        pass
    elif kind in ("full", "tied"):
        covariance = _array(covariance, (width, width), f"{kind} covariance_prior")
        if not (np.allclose(covariance, covariance.T) and (np.linalg.eigvalsh(covariance) > 0).all()):
            raise ValueError(f"'{kind} precision' should be symmetric, positive-definite")
    elif kind == "diag":
        covariance = _array(covariance, (width,), "diag covariance_prior")
        if (covariance <= 0).any():
            raise ValueError("'diag precision' should be positive")
    else:
        values = np.ravel(covariance).astype(np.float64)
        if len(values) != 1 or not 0 < values[0] < np.inf:
            raise ValueError("The parameter 'spherical covariance_prior' should be one positive number.")
        covariance = float(values[0])
    return mean, freedom, covariance


def priors_of(estimator) -> Priors:
    """The priors of a fitted estimator."""
    return Priors(
        estimator.weight_concentration_prior_type == "dirichlet_process",
        float(estimator.weight_concentration_prior_), float(estimator.mean_precision_prior_), estimator.mean_prior_,
        float(estimator.degrees_of_freedom_prior_), estimator.covariance_prior_, float(estimator.reg_covar),
        estimator.covariance_type)


def _array(value, shape, name):
    array = np.asarray(value, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"The parameter '{name}' contains NaN or infinity.")
    if array.shape != shape:
        raise ValueError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}")
    return array
