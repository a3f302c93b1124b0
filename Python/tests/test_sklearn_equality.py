"""From the same start, the parameters after each iteration are scikit-learn's."""
import warnings

import numpy as np
import pytest
from conftest import blobs, column
from sklearn.mixture import BayesianGaussianMixture as Theirs

from suffice.mixture import BayesianGaussianMixture as Ours

ATTRIBUTES = (
    "weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_", "mean_precision_",
    "degrees_of_freedom_", "mean_prior_", "covariance_prior_", "lower_bound_", "lower_bounds_",
)
KINDS = ("full", "tied", "diag", "spherical")
PRIORS = ("dirichlet_process", "dirichlet_distribution")


def assert_equal(ours, theirs, X, tolerance=1e-8):
    for name in ATTRIBUTES:
        a, b = np.asarray(getattr(ours, name), dtype=float), np.asarray(getattr(theirs, name), dtype=float)
        if not name.startswith("lower"):
            assert a.shape == b.shape, name
        assert np.max(np.abs(a.ravel() - b.ravel())) <= tolerance * np.max(np.abs(b)), name
    concentration = np.asarray(theirs.weight_concentration_)
    assert np.max(np.abs(np.asarray(ours.weight_concentration_) - concentration)) <= tolerance * concentration.max()
    # Scores are logarithms; near the modes of narrow components they are large differences of large numbers.
    assert np.max(np.abs(ours.predict_proba(X) - theirs.predict_proba(X))) < 1e-7
    assert np.allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-8, atol=1e-7)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert ours.n_iter_ == theirs.n_iter_ and ours.converged_ == theirs.converged_


def both(X, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Ours(**parameters).fit(X), Theirs(**parameters).fit(X)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("start", ("random", "random_from_data", "kmeans", "k-means++"))
@pytest.mark.parametrize("width", (1, 2, 4))
def test_every_iteration(kind, prior, start, width):
    X = blobs(600, width)
    for iterations in (0, 1, 2, 5, 30):
        ours, theirs = both(
            X, n_components=5, covariance_type=kind, weight_concentration_prior_type=prior, init_params=start,
            max_iter=iterations, tol=0, random_state=3)
        if iterations:
            assert_equal(ours, theirs, X)
        else:
            assert np.allclose(ours.means_, theirs.means_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_given_priors(kind):
    X = blobs(400, 3)
    prior = {"full": np.diag([1.0, 2, 3]), "tied": np.diag([1.0, 2, 3]), "diag": [1.0, 2, 3], "spherical": 2.0}[kind]
    ours, theirs = both(
        X, n_components=4, covariance_type=kind, weight_concentration_prior=0.3, mean_precision_prior=0.1,
        mean_prior=[1.0, -1, 0], degrees_of_freedom_prior=5.5, covariance_prior=prior, random_state=1, max_iter=20,
        reg_covar=1e-3, n_init=3)
    assert_equal(ours, theirs, X)


@pytest.mark.parametrize("kind", KINDS)
def test_far_from_the_origin_and_narrow(kind):
    """Components that are very narrow for their distance: sums about one centre would cancel."""
    random = np.random.RandomState(0)
    X = np.concatenate([np.zeros((300, 2)), random.normal(5000, 500, size=(200, 2))])
    X[:300] += random.normal(size=(300, 2)) * 1e-2
    ours, theirs = both(X, n_components=3, covariance_type=kind, random_state=0, max_iter=15, init_params="random")
    # scikit-learn itself cancels in its diagonal and tied covariances here.
    assert_equal(ours, theirs, X, tolerance=1e-8 if kind == "full" else 1e-5)


def test_tabular_defaults():
    X = column(20_000)
    ours, theirs = both(
        X, n_components=10, weight_concentration_prior=0.001, random_state=np.uint32(0), max_iter=40)
    assert_equal(ours, theirs, X)


def test_samples_are_the_same():
    X = blobs(300, 2)
    for kind in KINDS:
        ours, theirs = both(X, n_components=3, covariance_type=kind, random_state=0)
        (a, i), (b, j) = ours.sample(500), theirs.sample(500)
        assert np.array_equal(i, j) and np.allclose(a, b)


@pytest.mark.parametrize("width, kind", ((31, "full"), (32, "full"), (45, "full"), (45, "tied"), (2000, "diag")))
def test_wide_tables(width, kind):
    X = blobs(300, width)
    ours, theirs = both(X, n_components=3, covariance_type=kind, random_state=0, max_iter=6, tol=0)
    assert_equal(ours, theirs, X)
