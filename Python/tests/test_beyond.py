"""What the estimator has beyond scikit-learn: streaming, missing cells, the exact model."""
import pickle
import warnings

import numpy as np
import pytest
from conftest import blobs, column

from suffice import _missing, _native
from suffice._expectation import Expectation
from suffice._priors import priors_of
from suffice.mixture import BayesianGaussianMixture

KINDS = ("full", "tied", "diag", "spherical")


def fitted(X, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BayesianGaussianMixture(**{"n_components": 4, "random_state": 0, **parameters}).fit(X)


@pytest.mark.parametrize("kind", KINDS)
def test_one_part_is_a_fit(kind):
    X = blobs(500, 2)
    whole = fitted(X, covariance_type=kind, convergence="relative")
    part = BayesianGaussianMixture(n_components=4, covariance_type=kind, random_state=0).partial_fit(X)
    assert np.allclose(part.means_, whole.means_, rtol=1e-9, atol=1e-9)
    assert np.isclose(part.lower_bound_, whole.lower_bound_)
    assert part.n_samples_seen_ == 500


@pytest.mark.parametrize("kind", KINDS)
def test_parts_add_up(kind):
    X, other = blobs(4000, 2), blobs(4000, 2)
    model = BayesianGaussianMixture(n_components=5, covariance_type=kind, random_state=0)
    for part in np.array_split(X, 8):
        model.partial_fit(part)
        model = pickle.loads(pickle.dumps(model))
    assert model.n_samples_seen_ == 4000
    # Every row was counted once, in one component or another.
    assert np.isclose((model.mean_precision_ - model.mean_precision_prior_).sum(), 4000)
    # It stays with the optimum of its first rows, and gets better there.
    assert model.score(other) > fitted(X[:500], n_components=5, covariance_type=kind).score(other) - 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_missing_cells_are_integrated_out(kind):
    """A row's density with a missing cell is the integral over that cell, and the responsibilities follow."""
    X = blobs(400, 2)
    model = fitted(X, covariance_type=kind, missing="integrate")
    rows = X[:5].copy()
    rows[:, 1] = np.nan
    grid = np.linspace(-80, 80, 80001)
    for row in rows:
        complete = np.column_stack([np.full(len(grid), row[0]), grid])
        density = np.exp(model.score_samples(complete))
        weight = np.full(len(grid), grid[1] - grid[0])
        assert np.isclose(model.score_samples(row[None])[0], np.log((density * weight).sum()), atol=1e-6)
        joint = (model.predict_proba(complete) * (density * weight)[:, None]).sum(0)
        assert np.allclose(model.predict_proba(row[None])[0], joint / joint.sum(), atol=1e-6)
    assert np.isfinite(model.predict_proba(np.full((1, 2), np.nan))).all()
    with pytest.raises(ValueError, match="NaN"):
        model.set_params(missing="error").predict(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_sums_without_missing_cells_are_those_of_the_plain_sweep(kind):
    X = blobs(300, 3)
    model = fitted(X, covariance_type=kind)
    priors, parameters = priors_of(model), model._parameters()
    deviations = X - X.mean(0)
    plain = Expectation(_native.Rows(X), priors, X.mean(0), deviations.T @ deviations)
    grouped = _missing.MissingExpectation(_missing.Patterns(X), priors, X.mean(0), 1)
    (a, entropy_a, total_a), (b, entropy_b, total_b) = plain.run(parameters), grouped.run(parameters)
    assert np.isclose(entropy_a, entropy_b) and np.isclose(total_a, total_b)
    for first, second in zip(a.moments(kind, 1e-6), b.moments(kind, 1e-6)):
        assert np.allclose(first, second, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_rises_with_missing_cells(kind):
    X = blobs(1000, 3)
    X[np.random.RandomState(1).rand(*X.shape) < 0.2] = np.nan
    model = fitted(X, covariance_type=kind, missing="integrate", tol=0, max_iter=40, reg_covar=0)
    bounds = np.array(model.lower_bounds_)
    # scikit-learn's conventions for the shared and the diagonal Wishart are no exact coordinate updates.
    assert np.diff(bounds).min() > -1e-9 * abs(bounds[-1])
    with pytest.raises(ValueError, match="no value at all"):
        fitted(np.column_stack([X, np.full(len(X), np.nan)]), missing="integrate")


@pytest.mark.parametrize("prior", ("dirichlet_process", "dirichlet_distribution"))
@pytest.mark.parametrize("kind", KINDS)
def test_exact(kind, prior):
    X = column(1500)
    model = fitted(
        X, conventions="exact", covariance_type=kind, weight_concentration_prior_type=prior,
        weight_concentration_prior=0.5)
    grid = np.linspace(-200, 200, 400_001)
    assert np.isclose(np.exp(model.score_samples(grid[:, None])).sum() * (grid[1] - grid[0]), 1, atol=1e-4)
    assert np.all(np.diff(model.lower_bounds_) > -1e-6)
    assert np.isclose(model.weights_.sum(), 1)
    assert model.means_.shape == (4, 1)
    assert model.predict_proba(X).shape == (1500, 4)
    again = pickle.loads(pickle.dumps(model))
    assert again.score(X) == model.score(X)
    rows, labels = model.sample(50)
    assert rows.shape == (50, 1) and labels.shape == (50,)


def test_exact_bounds_compare_numbers_of_components(faithful):
    bounds = [
        fitted(
            faithful, n_components=k, conventions="exact", weight_concentration_prior=1.0,
            weight_concentration_prior_type="dirichlet_distribution").lower_bound_
        for k in (1, 2)
    ]
    assert bounds[1] > bounds[0] + 50


def test_exact_refuses_what_it_lacks():
    X = blobs(100, 2)
    with pytest.raises(ValueError, match="conventions='exact'"):
        fitted(X, conventions="exact", warm_start=True)
    with pytest.raises(ValueError, match="partial_fit needs"):
        BayesianGaussianMixture(conventions="exact").partial_fit(X)


@pytest.mark.parametrize("kind", KINDS)
def test_exact_with_missing_cells(kind):
    X = blobs(600, 2)
    X[::3, 1] = np.nan
    if kind == "spherical":
        with pytest.raises(ValueError, match="for the covariance types"):
            fitted(X, conventions="exact", covariance_type=kind, missing="integrate")
        return
    model = fitted(X, conventions="exact", covariance_type=kind, missing="integrate")
    assert np.isfinite(model.lower_bound_) and np.isclose(model.mean_prior_[1], np.nanmean(X[:, 1]))
    assert np.allclose(model.predict_proba(X[:3]).sum(1), 1)
    with pytest.raises(ValueError, match="infinity"):
        model.predict(np.array([[np.inf, np.nan]]))
    with pytest.raises(ValueError, match="NaN"):
        fitted(X, conventions="exact", covariance_type=kind)


def test_exact_with_one_component():
    """One component has the weight 1 whatever its prior, so that the bounds are the same."""
    X = blobs(200, 2)
    models = [
        fitted(X, n_components=1, conventions="exact", weight_concentration_prior_type=prior)
        for prior in ("dirichlet_process", "dirichlet_distribution")]
    assert models[0].lower_bound_ == models[1].lower_bound_
    assert models[0].weights_.tolist() == [1.0] and len(models[0].weight_concentration_) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_exact_has_the_attributes_of_scikit_learn(kind):
    X = blobs(300, 3)
    exact, own = fitted(X, conventions="exact", covariance_type=kind), fitted(X, covariance_type=kind)
    assert {name for name in vars(own) if name.endswith("_")} <= set(vars(exact))
    assert np.allclose(exact.mean_prior_, own.mean_prior_)
    # What the prior expects is the covariance of the rows; of the matrix that all components share, a fifth of it.
    share = 0.2 if kind == "tied" else 1
    assert np.allclose(exact.covariance_prior_ / exact.degrees_of_freedom_prior_, share * own.covariance_prior_)


@pytest.mark.parametrize("prior", ("dirichlet_process", "dirichlet_distribution"))
@pytest.mark.parametrize("kind", KINDS)
def test_exact_with_its_own_priors_given(kind, prior):
    X = blobs(300, 3)
    settings = dict(conventions="exact", covariance_type=kind, weight_concentration_prior_type=prior)
    model = fitted(X, **settings)
    names = ("mean_prior", "mean_precision_prior", "degrees_of_freedom_prior", "covariance_prior")
    given = {name: getattr(model, name + "_") for name in names}
    for some in (given, {"degrees_of_freedom_prior": given["degrees_of_freedom_prior"]}):
        again = fitted(X, **settings, **some)
        # The same numbers, but for how they were rounded on the way.
        assert np.isclose(again.lower_bound_, model.lower_bound_, rtol=1e-9)
        assert np.allclose(again.means_, model.means_, rtol=1e-6)


# Priors of two columns that no data suggest.
MEAN, BETA, NU, WISHART = np.array([1.0, -2.0]), 0.3, 5.0, np.array([[2.0, 0.5], [0.5, 3.0]])


def _log_evidence(rows, mean, beta, a, inverse, constant):
    """log p(rows) of a normal-Wishart model, whose normalizer is ``constant`` of half the degrees of freedom and the
    inverse scale matrix.

    Source: Bernardo & Smith, Bayesian Theory (1994), section 5.2; Murphy, Machine Learning (2012), section 4.6.3.
    """
    count, width = rows.shape
    centre = rows.mean(0)
    scatter = (rows - centre).T @ (rows - centre) + beta * count / (beta + count) * np.outer(centre - mean, centre - mean)
    return (
        constant(a, inverse, scatter, count) + 0.5 * width * np.log(beta / (beta + count))
        - 0.5 * width * count * np.log(2 * np.pi))


def test_exact_bound_of_one_component_is_the_evidence():
    from scipy.special import gammaln, multigammaln

    def wishart(nu, inverse, scatter, count):
        def log_normalizer(nu, inverse):
            return (
                multigammaln(nu / 2, 2) + nu * np.log(2) - 0.5 * nu * np.linalg.slogdet(inverse)[1])
        return log_normalizer(nu + count, inverse + scatter) - log_normalizer(nu, inverse)

    def gamma(shape, rate, scatter, count):
        more = 0.5 * count * len(scatter)
        return (
            gammaln(shape + more) - gammaln(shape) + shape * np.log(rate)
            - (shape + more) * np.log(rate + 0.5 * np.trace(scatter)))

    X = np.random.RandomState(0).normal(size=(60, 2)) @ np.array([[1, 0.4], [0, 2]]) + 3

    def bound(kind, freedom, covariance):
        model = fitted(
            X, n_components=1, conventions="exact", covariance_type=kind, mean_prior=MEAN, mean_precision_prior=BETA,
            degrees_of_freedom_prior=freedom, covariance_prior=covariance)
        assert np.allclose(model.degrees_of_freedom_, freedom + 60)
        assert model.degrees_of_freedom_prior_ == freedom and np.all(model.covariance_prior_ == covariance)
        return model.lower_bound_

    assert np.isclose(bound("full", NU, WISHART), _log_evidence(X, MEAN, BETA, NU, WISHART, wishart), rtol=1e-12)
    columns = [
        _log_evidence(X[:, [j]], MEAN[[j]], BETA, 0.35, WISHART[j, j] / 2, gamma) for j in range(2)]
    assert np.isclose(bound("diag", 0.7, np.diag(WISHART)), sum(columns), rtol=1e-12)
    # Two columns share the precision.
    assert np.isclose(bound("spherical", 0.7, 1.7), _log_evidence(X, MEAN, BETA, 0.7, 1.7, gamma), rtol=1e-12)


def test_exact_tied_priors_hold_at_the_fixed_point():
    """Where the factors no longer change, each is what the other asks for: Bishop (2006), equation 10.9."""
    X = np.random.RandomState(0).normal(size=(60, 2)) @ np.array([[1, 0.4], [0, 2]]) + 3
    model = fitted(
        X, n_components=1, conventions="exact", covariance_type="tied", mean_prior=MEAN, mean_precision_prior=BETA,
        degrees_of_freedom_prior=NU, covariance_prior=WISHART, tol=1e-9, max_iter=1000)
    expected = np.linalg.inv(model.covariances_)
    prior = BETA * np.diag(NU / np.diag(WISHART))
    precision = prior + 60 * expected
    mean = np.linalg.solve(precision, prior @ MEAN + 60 * expected @ X.mean(0))
    assert np.allclose(model.mean_precision_[0], precision, rtol=1e-5)
    assert np.allclose(model.means_[0], mean, rtol=1e-5)
    inverse = WISHART + (X - mean).T @ (X - mean) + 60 * np.linalg.inv(precision)
    assert model.degrees_of_freedom_ == NU + 60
    assert np.allclose(model.covariances_, inverse / (NU + 60), rtol=1e-5)


@pytest.mark.parametrize("parameters, message", (
    ({"degrees_of_freedom_prior": 1e18}, "too narrow for double precision"),
    ({"mean_prior": [1e12, 0]}, "the data lie near"),
    ({"mean_prior": [0]}, "'means' should have the shape"),
    ({"mean_prior": [0, np.nan]}, "NaN or infinity"),
    ({"degrees_of_freedom_prior": 1}, "greater than 1"),
    ({"covariance_prior": np.eye(3)}, "shape of"),
    ({"covariance_prior": [[1, 2], [2, 1]]}, "positive-definite"),
    ({"covariance_type": "diag", "covariance_prior": [1, 0]}, "positive"),
))
def test_exact_refuses_priors_that_are_none(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(blobs(100, 2), conventions="exact", **parameters)


def test_a_stopped_exact_fit_is_a_fit():
    X = blobs(3000, 3)
    model = BayesianGaussianMixture(
        n_components=6, conventions="exact", tol=0, random_state=0,
        progress=lambda state: state["start"] is not None or state["pass"] < 2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert model.predict(X).shape == (3000,)
