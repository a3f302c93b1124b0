"""The estimator's own promises: memory, threads, signals, weights, large data, bad input."""
import copy
import io
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import redirect_stdout

import numpy as np
import pytest
from conftest import blobs, column
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from suffice.mixture import BayesianGaussianMixture


def fitted(X, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BayesianGaussianMixture(**{"n_components": 4, "random_state": 0, **parameters}).fit(X)


@pytest.mark.parametrize("kind", ("full", "tied", "diag", "spherical"))
def test_any_memory(kind, tmp_path):
    X = np.round(blobs(700, 3) * 10)
    reference = fitted(X, covariance_type=kind)
    wide = np.zeros((700, 7))
    wide[:, 1:7:2] = X
    readonly = X.copy()
    readonly.flags.writeable = False
    path = tmp_path / "rows.npy"
    np.save(path, X)
    packed = np.zeros(700, dtype=[("flag", "i1"), ("rows", "f8", 3)])
    packed["rows"] = X
    variants = {
        "fortran": np.asfortranarray(X), "columns of a wider table": wide[:, 1:7:2], "reversed twice": X[::-1][::-1],
        "read only": readonly, "memory map": np.load(path, mmap_mode="r"), "float32": X.astype(np.float32),
        "int64": X.astype(np.int64), "int32": X.astype(np.int32), "int16": X.astype(np.int16),
        "big endian": X.astype(">f8"), "unaligned": packed["rows"], "objects": X.astype(object), "lists": X.tolist(),
    }
    for name, variant in variants.items():
        model = fitted(variant, covariance_type=kind)
        assert np.array_equal(model.means_, reference.means_), name
        assert np.array_equal(model.predict_proba(variant), reference.predict_proba(X)), name
    assert np.array_equal(fitted(X[::-1]).predict(X[::-1])[::-1].shape, (700,))


def test_threads_change_no_bit():
    X = blobs(100_000, 3)
    models = [fitted(X, n_jobs=jobs, max_iter=5) for jobs in (1, 2, 3, -1)]
    for model in models[1:]:
        assert np.array_equal(model.means_, models[0].means_)
        assert np.array_equal(model.covariances_, models[0].covariances_)
        assert model.lower_bound_ == models[0].lower_bound_


def test_concurrent_fits():
    X = blobs(30_000, 2)
    reference = fitted(X, max_iter=5)
    found = []
    threads = [threading.Thread(target=lambda: found.append(fitted(X, max_iter=5).means_)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(np.array_equal(means, reference.means_) for means in found)


def _in_child(X, queue):
    queue.put(fitted(X, max_iter=5).means_)


def test_after_fork():
    X = blobs(60_000, 2)
    reference = fitted(X, max_iter=5)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(X, queue))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child.start()
    means = queue.get()
    child.join()
    assert np.array_equal(means, reference.means_)


def test_thread_settings(monkeypatch):
    from suffice import _native

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("SUFFICE_NUM_THREADS", raising=False)
    assert _native.thread_count() == 1
    monkeypatch.setenv("SUFFICE_NUM_THREADS", "3")
    assert _native.thread_count() == 3
    assert _native.thread_count(2) == 2
    with pytest.raises(ValueError, match="n_jobs is 0"):
        _native.thread_count(0)


def test_copies():
    X = blobs(300, 2)
    model = fitted(X)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(model), "means_")
    assert clone(model).get_params() == model.get_params()
    assert repr(BayesianGaussianMixture(n_components=3)) == "BayesianGaussianMixture(n_components=3)"


def test_keyboard_interrupt_leaves_the_estimator_usable():
    X = blobs(20_000, 4)
    model = BayesianGaussianMixture(
        n_components=8, tol=0, max_iter=10**7, random_state=0, inference="coordinate")
    # A process that a shell starts in the background ignores the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert model.predict(X).shape == (20_000,) and not model.converged_
    model.set_params(max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X)
    assert model.predict(X).shape == (20_000,)


def test_large_data_reach_scikit_learns_density():
    """A fit that starts from samples is as good on rows that it has not seen."""
    X, other = column(200_000), column(50_000, seed=9)
    parameters = dict(n_components=10, weight_concentration_prior=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = BayesianGaussianMixture(**parameters).fit(X)
        coordinate = BayesianGaussianMixture(**parameters, inference="coordinate").fit(X)
    # Scores of 50,000 rows have a standard error of about 0.005; pairwise differences a tenth of that.
    assert nested.score(other) > coordinate.score(other) - 0.002
    assert nested.n_iter_ >= len(nested.lower_bounds_)


@pytest.mark.parametrize("kind", ("full", "tied", "diag", "spherical"))
def test_large_data_of_several_columns(kind):
    X = blobs(60_000, 3, components=4)
    model = fitted(X, covariance_type=kind)
    assert model.converged_
    slow = fitted(X, covariance_type=kind, inference="coordinate")
    assert model.score(X) > slow.score(X) - 1e-3


@pytest.mark.parametrize("kind", ("full", "tied", "diag", "spherical"))
@pytest.mark.parametrize("start", ("random_from_data", "kmeans"))
def test_weights_count_rows(kind, start):
    random = np.random.RandomState(0)
    X = blobs(400, 2)
    weights = random.randint(1, 4, size=400)
    repeated = np.repeat(X, weights, axis=0)
    model = fitted(X, covariance_type=kind, init_params=start, n_components=3, max_iter=1000, tol=1e-9)
    a = BayesianGaussianMixture(
        n_components=3, covariance_type=kind, warm_start=True, max_iter=300, tol=1e-10)
    b = copy.deepcopy(a)
    for other, rows, sample_weight in ((a, X, weights), (b, repeated, None)):
        # Both go on from the same parameters.
        for name, value in vars(model).items():
            if name.endswith("_"):
                setattr(other, name, copy.deepcopy(value))
        other.fit(rows, sample_weight=sample_weight)
    assert np.allclose(a.means_, b.means_, rtol=1e-6, atol=1e-8)
    assert np.allclose(a.covariances_, b.covariances_, rtol=1e-6, atol=1e-8)
    assert np.isclose(a.lower_bound_, b.lower_bound_, rtol=1e-9)


def test_verbose_and_warnings():
    X = blobs(200, 2)
    out = io.StringIO()
    with redirect_stdout(out), pytest.warns(ConvergenceWarning, match="did not converge"):
        BayesianGaussianMixture(n_components=3, max_iter=2, verbose=2, verbose_interval=1, tol=0).fit(X)
    assert "Initialization 0" in out.getvalue() and "ll change" in out.getvalue()
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        BayesianGaussianMixture().predict(X)


BAD = {
    "text": (np.array([["a", "b"], ["c", "d"]]), ValueError),
    "objects": (np.array([[1, "b"], [2, "d"]], dtype=object), ValueError),
    "complex": (np.ones((4, 2)) * 1j, ValueError),
    "a missing date": (np.array([["2020-01-01"], ["NaT"]], dtype="datetime64[D]"), ValueError),
    "records": (np.zeros(4, dtype=[("a", "f8"), ("b", "f8")]), TypeError),
    "one dimension": (np.ones(4), ValueError),
    "three dimensions": (np.ones((4, 2, 2)), ValueError),
    "no columns": (np.ones((4, 0)), ValueError),
    "no rows": (np.ones((0, 2)), ValueError),
    "one row": (np.ones((1, 2)), ValueError),
    "nan": (np.array([[1.0], [np.nan], [2.0]]), ValueError),
    "infinite": (np.array([[1.0], [np.inf], [2.0]]), ValueError),
    "huge": (np.array([[1e200], [-1e200], [2.0]]), ValueError),
    "nothing": (None, ValueError),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    X, kind = BAD[name]
    with pytest.raises(kind) as raised:
        BayesianGaussianMixture().fit(X)
    assert len(str(raised.value)) > 20


def test_bad_input_after_the_fit():
    X = blobs(100, 2)
    model = fitted(X)
    with pytest.raises(ValueError, match="expecting 2 features"):
        model.predict(np.ones((3, 3)))
    with pytest.raises(ValueError, match="contains NaN"):
        model.score_samples(np.array([[np.nan, 1]]))
    scipy_sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="[Ss]parse"):
        model.fit(scipy_sparse.csr_matrix(X))
    with pytest.raises(ValueError, match="[Ss]ample"):
        model.fit(X, sample_weight=np.zeros(100))
    with pytest.raises(ValueError, match="n_components"):
        BayesianGaussianMixture(n_components=200).fit(X)
    with pytest.raises(ValueError, match="'tol' parameter"):
        BayesianGaussianMixture(tol=-1).fit(X)
    assert np.isfinite(model.predict_proba(np.full((1, 2), 1e100))).all()


def test_constant_columns_and_duplicates():
    X = np.repeat([[1.0, 2.0], [3.0, 2.0]], 50, axis=0)
    for kind in ("full", "tied", "diag", "spherical"):
        model = fitted(X, covariance_type=kind)
        assert np.isfinite(model.means_).all() and len(set(model.predict(X))) <= 2


def test_unicode_column_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs(100, 2), columns=["größe", "重さ"])
    model = fitted(frame)
    assert list(model.feature_names_in_) == ["größe", "重さ"]
    with pytest.raises(ValueError, match="same order"):
        model.predict(frame[["重さ", "größe"]])


def test_without_scikit_learn():
    """NumPy is the only package that is needed."""
    program = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('sklearn', 'scipy', 'pandas'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "import numpy as np, suffice\n"
        "from suffice.mixture import BayesianGaussianMixture\n"
        "X = np.random.RandomState(0).normal(size=(500, 2))\n"
        "m = BayesianGaussianMixture(n_components=3, max_iter=2).fit(X)\n"
        "print(m.predict(X).shape, suffice.Model('gaussian-mixture', components=2).fit(X).score(X) < 0)\n"
        "try: BayesianGaussianMixture().predict(X)\n"
        "except ValueError as error: print(type(error).__name__)\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, env=os.environ)
    assert result.returncode == 0, result.stderr
    assert "(500,) True" in result.stdout and "NotFittedError" in result.stdout


@pytest.mark.parametrize("parameters", (
    {"tol": np.inf}, {"reg_covar": np.inf}, {"weight_concentration_prior": np.inf}, {"random_state": -1},
    {"random_state": 2**32}, {"n_components": 2.0}, {"covariance_type": "spherical", "covariance_prior": [1.0, 2.0]},
    {"covariance_prior": np.array(-1.0), "covariance_type": "spherical"}))
def test_bad_parameters(parameters):
    with pytest.raises(ValueError, match=next(reversed(parameters)).split("_")[0]):
        fitted(blobs(100, 2), **parameters)


def test_parameters_of_any_kind_of_number():
    X = blobs(300, 2)
    reference = fitted(X, covariance_type="spherical", covariance_prior=2.0)
    other = fitted(X, n_components=np.uint8(4), covariance_type="spherical", covariance_prior=np.array(2))
    assert np.array_equal(other.means_, reference.means_)


def test_dates_are_numbers_as_in_scikit_learn():
    dates = (np.datetime64("2020-01-01") + np.arange(50))[:, None]
    assert np.array_equal(fitted(dates).means_, fitted(dates.astype(np.int64)).means_)


def test_going_on_from_another_fit_is_refused():
    X = blobs(300, 2)
    for parameter, value in (
        ("n_components", 3), ("covariance_type", "diag"), ("weight_concentration_prior_type", "dirichlet_distribution"),
    ):
        for model in (fitted(X, warm_start=True), BayesianGaussianMixture(n_components=4).partial_fit(X)):
            model.set_params(**{parameter: value})
            with pytest.raises(ValueError, match=parameter if "type" in parameter else "4 components"):
                model.fit(X) if model.warm_start else model.partial_fit(X)


@pytest.mark.parametrize("kind", ("full", "tied", "diag", "spherical"))
def test_rows_so_far_away_that_squares_overflow(kind):
    model = fitted(blobs(300, 2), covariance_type=kind)
    for far in (1e100, 1e200, 1e308):
        rows = np.array([[far, 0.0], [-far, far]])
        probabilities = model.predict_proba(rows)
        assert np.allclose(probabilities.sum(1), 1)
        assert np.array_equal(model.predict(rows), probabilities.argmax(1))
        # The component that is the widest in the direction of the row, at any distance.
        assert np.array_equal(probabilities, model.predict_proba(rows / far * 1e100))
    assert np.all(model.score_samples(rows) == -np.inf) and model.score(rows) == -np.inf


def test_scikit_learn_takes_it_for_its_own():
    import sklearn
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X = blobs(300, 2)
    model = BayesianGaussianMixture(n_components=2, random_state=0, max_iter=500)
    assert isinstance(model, BaseEstimator) and isinstance(model, DensityMixin)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), model.set_fit_request(
            sample_weight=True)).fit(X, sample_weight=np.r_[np.ones(200), np.zeros(100)])
    alone = make_pipeline(StandardScaler(), clone(model)).fit(X[:200])
    assert np.isclose(pipeline[-1].mean_precision_.sum(), alone[-1].mean_precision_.sum())
