"""The estimator's schedules, rows kept aside, progress, criteria, devices."""
import copy
import io
import pickle
import warnings
from contextlib import redirect_stderr

import numpy as np
import pytest
from conftest import blobs, column
from sklearn.base import clone
from sklearn.mixture import GaussianMixture

from suffice import _conventions, _seeding
from suffice._extrapolation import Trail
from suffice._priors import priors_of
from suffice.mixture import BayesianGaussianMixture

KINDS = ("full", "tied", "diag", "spherical")


def fitted(X, sample_weight=None, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BayesianGaussianMixture(**{"n_components": 4, "random_state": 0, **parameters}).fit(
            X, sample_weight=sample_weight)


def continued(model, X, passes):
    """The model after some plain passes more."""
    other = copy.deepcopy(model).set_params(inference="coordinate", warm_start=True, max_iter=passes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return other.fit(X)


@pytest.mark.parametrize("inference", ("memoized", "stochastic", "nested"))
@pytest.mark.parametrize("kind", KINDS)
def test_reaches_the_density_of_full_passes(kind, inference):
    X, other = blobs(30_000, 2), blobs(30_000, 2)
    # The best of some starts, since each may end at an optimum of its own.
    best = lambda schedule: max(  # noqa: E731
        (fitted(X, inference=schedule, random_state=seed, n_components=8, covariance_type=kind, max_iter=500)
         for seed in range(3)), key=lambda model: model.score(X))
    model, reference = best(inference), best("coordinate")
    assert model.converged_ and np.isclose(model.weights_.sum(), 1)
    # 30,000 rows tell densities apart to about 0.002 nats a row.
    assert model.score(other) > reference.score(other) - 0.003
    assert np.isfinite(model.lower_bound_) and model.n_iter_ >= len(model.lower_bounds_)


@pytest.mark.parametrize("kind", KINDS)
def test_memoized_bounds_do_not_fall(kind):
    model = fitted(blobs(4000, 3), covariance_type=kind, inference="memoized", tol=0, max_iter=40, reg_covar=0)
    bounds = np.array(model.lower_bounds_)
    # scikit-learn's conventions for the shared and the diagonal Wishart are no exact coordinate updates.
    assert np.diff(bounds).min() > -1e-6 * abs(bounds[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_memoized_ends_where_full_passes_do(kind):
    """Both stop changing at the same parameters: sums of parts are the sums of all rows."""
    X = blobs(3000, 2)
    a = fitted(X, covariance_type=kind, n_components=3, inference="memoized", tol=0, max_iter=300)
    b = continued(a, X, 1)
    assert np.allclose(a.means_, b.means_, rtol=1e-6, atol=1e-7)
    assert np.allclose(a.covariances_, b.covariances_, rtol=1e-6, atol=1e-7)
    assert np.isclose(a.lower_bound_, b.lower_bound_, rtol=1e-9)


@pytest.mark.parametrize("kind, shape", [("full", (3, 2, 2)), ("tied", (2, 2)), ("diag", (3, 2)), ("spherical", (3,))])
def test_extrapolation_finds_where_geometric_changes_end(kind, shape):
    """Changes that fall by one factor end at a point that three iterations give away."""
    random = np.random.default_rng(0)
    matrix = kind in ("full", "tied")
    unit = np.eye(2) * np.ones(shape) if matrix else np.ones(shape)
    goal = (np.array([30.0, 50.0, 20.0]), random.normal(size=(3, 2)), unit)
    bend = unit if matrix else random.normal(size=shape)
    away = (0.1 * random.normal(size=3), 0.1 * random.normal(size=(3, 2)), 0.1 * bend)

    def iteration(i):
        counts, means, covariances = (d * 0.9**i for d in away)
        return (
            goal[0] * np.exp(counts), goal[1] + means,
            goal[2] + covariances if matrix else goal[2] * np.exp(covariances))

    trail = Trail(kind)
    trail.most = 100.0
    assert trail.extrapolated(iteration(0)) is None and trail.extrapolated(iteration(1)) is None
    for found, wanted in zip(trail.extrapolated(iteration(2)), goal):
        assert np.allclose(found, wanted, rtol=1e-8)
    assert np.isclose(trail.step, 10)
    trail.restart(iteration(3), is_better=False)
    assert trail.most == 25


def test_extrapolated_fits_end_no_lower():
    """Bounds never fall, and fewer iterations reach what plain ones reach."""
    X = column(60_000)
    model = fitted(X, n_components=6, inference="nested", max_iter=500)
    assert model.converged_ and np.diff(model.lower_bounds_).min() > -1e-9 * abs(model.lower_bound_)
    plain = continued(model, X, 20)
    # A change of 1e-6 nats a row ends a fit.
    assert 0 <= plain.lower_bound_ - model.lower_bound_ < 20 * 1e-6 * len(X)


def test_stochastic_settings():
    X = column(20_000)
    model = fitted(X, inference="stochastic", batch_size=500, validation_fraction=0.2, max_iter=50)
    assert len(model.held_out_scores_) >= 2 and model.held_out_scores_[-1] >= model.held_out_scores_[0] - 0.01
    again = fitted(X, inference="stochastic", batch_size=500, validation_fraction=0.2, max_iter=50, n_jobs=1)
    assert np.array_equal(model.means_, again.means_)
    weighted = fitted(X, sample_weight=np.full(len(X), 2.0), inference="stochastic", max_iter=20)
    assert np.isclose((weighted.mean_precision_ - weighted.mean_precision_prior_).sum(), 2 * 0.9 * len(X), rtol=1e-6)


def test_rows_kept_aside():
    X = blobs(5000, 2)
    model = fitted(X, n_components=10, validation_fraction=0.1, tol=0, max_iter=5000)
    # With no tolerance only the rows that were kept aside can end the fit.
    assert model.converged_ and model.n_iter_ == len(model.held_out_scores_) < 5000
    assert np.isclose((model.mean_precision_ - model.mean_precision_prior_).sum(), 4500, atol=1)
    assert pickle.loads(pickle.dumps(model)).held_out_scores_ == model.held_out_scores_
    assert not hasattr(fitted(X), "held_out_scores_")


@pytest.mark.parametrize("kind", KINDS)
def test_criteria_count_as_gaussian_mixture(kind):
    X = blobs(2000, 3, components=3)
    model = fitted(X, n_components=3, covariance_type=kind)
    theirs = GaussianMixture(3, covariance_type=kind, random_state=0).fit(X)
    n = len(X)
    for ours, peer, scale in ((model.bic(X), theirs.bic(X), np.log(n)), (model.aic(X), theirs.aic(X), 2)):
        count = (ours + 2 * model.score(X) * n) / scale
        assert np.isclose(count, (peer + 2 * theirs.score(X) * n) / scale)
    # Components that hold no row have no free parameter.
    wide = fitted(X, n_components=6, covariance_type=kind, max_iter=1000, weight_concentration_prior=1e-3)
    occupied = int((wide.weights_ * n >= 1).sum())
    count = (wide.aic(X) + 2 * wide.score(X) * n) / 2
    assert count == pytest.approx({"full": 6, "tied": 0, "diag": 3, "spherical": 1}[kind] * occupied
                                  + (6 if kind == "tied" else 0) + 3 * occupied + occupied - 1)


def test_progress():
    X = column(3000)
    out = io.StringIO()
    with redirect_stderr(out):
        fitted(X, progress=True)
    assert "\r" in out.getvalue() and "bound" in out.getvalue() and out.getvalue().endswith("\n")
    assert out.getvalue().count("\n") == 1
    seen = []
    for inference in ("coordinate", "nested", "stochastic", "memoized"):
        seen.clear()
        fitted(X, progress=seen.append, inference=inference)
        assert seen and set(seen[0]) == {"start", "pass", "bound", "held_out", "change", "seconds"}
    model = BayesianGaussianMixture(n_components=3, progress=lambda state: state["pass"] < 3, tol=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert model.n_iter_ == 3 and model.predict(X).shape == (3000,)


def test_devices_and_settings_that_are_refused():
    X = blobs(100, 2)
    with pytest.raises(RuntimeError, match="no CUDA backend"):
        fitted(X, device="cuda")
    missing = X.copy()
    missing[0, 0] = np.nan
    for parameters, match in (
        ({"device": "tpu"}, "'device' parameter"), ({"inference": "guessing"}, "'inference' parameter"),
        ({"validation_fraction": 1.5}, "'validation_fraction' parameter"), ({"batch_size": 0}, "'batch_size'"),
        ({"validation_fraction": 0.99}, "fewer rows than components"), ({"progress": 3}, "'progress' parameter"),
    ):
        with pytest.raises(ValueError, match=match):
            fitted(X, **parameters)
    with pytest.raises(ValueError, match="missing cells"):
        fitted(missing, missing="integrate", inference="memoized")
    with pytest.raises(ValueError, match="contains NaN"):
        fitted(missing, inference="stochastic")


@pytest.mark.parametrize("inference", ("nested", "stochastic", "memoized"))
def test_exact_schedules(inference):
    X = blobs(6000, 2)
    model = fitted(X, conventions="exact", inference=inference, n_components=6, max_iter=200)
    reference = fitted(X, conventions="exact", n_components=6, max_iter=200)
    assert model.score(X) > reference.score(X) - 0.02
    doubled = fitted(X[:500], sample_weight=np.full(500, 2.0), conventions="exact", max_iter=200)
    assert np.isclose(doubled.mean_precision_.sum() - 4 * doubled.mean_precision_prior_, 1000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prior", ("dirichlet_process", "dirichlet_distribution"))
def test_memoized_moves_leave_a_bad_optimum(kind, prior):
    """One component on two clusters and two on another one: full passes stay there, moves do not."""
    random = np.random.RandomState(0)
    centers = np.array([[-20.0, 0], [0, 20], [20, 0], [0, -20]])
    X = np.concatenate([random.normal(center, 1, (500, 2)) for center in centers])
    random.shuffle(X)
    nearest = ((X[:, None] - centers) ** 2).sum(-1).argmin(1)
    labels = np.where(nearest == 3, 2, np.where(nearest == 0, 3 * (X[:, 1] > 0), nearest))
    parameters = dict(
        n_components=4, covariance_type=kind, weight_concentration_prior_type=prior, tol=1e-3, max_iter=200,
        warm_start=True)
    begun = BayesianGaussianMixture(**{**parameters, "max_iter": 1, "random_state": 0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begun.fit(X)
    priors = priors_of(begun)
    deviations = X - X.mean(0)
    sums = _seeding.sums_of(X, labels, 4, kind, X.mean(0), deviations.T @ deviations)
    begun._set_parameters(_conventions.maximize(priors, *sums.moments(kind, 1e-6)))
    found = {}
    for inference in ("coordinate", "memoized"):
        model = copy.deepcopy(begun).set_params(inference=inference, max_iter=200, convergence="relative")
        model.lower_bound_ = -np.inf
        found[inference] = model.fit(X)
        assert model.converged_
    assert len(set(found["coordinate"].predict(centers))) == 3
    assert len(set(found["memoized"].predict(centers))) == 4
    assert found["memoized"].lower_bound_ > found["coordinate"].lower_bound_ + 500
    assert np.diff(found["memoized"].lower_bounds_).min() > -1e-6
