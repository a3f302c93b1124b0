"""Putting the class in scikit-learn's place, and the libraries that then use it."""
import importlib.util
import pathlib
import subprocess
import sys
import types
import warnings

import joblib
import numpy as np
import pytest
import sklearn.mixture

import suffice
import suffice.tabular
from suffice.mixture import BayesianGaussianMixture as Ours

# Not by name: a patch rebinds names.
THEIRS = (sklearn.mixture.BayesianGaussianMixture,)


@pytest.fixture(autouse=True)
def undo():
    yield
    suffice.unpatch_sklearn()
    if "rdt" in sys.modules:
        suffice.tabular.unpatch_rdt()


def test_modules_that_bound_the_name_at_import():
    module = types.ModuleType("bound_before")
    exec("from sklearn.mixture import BayesianGaussianMixture as Mixture", module.__dict__)
    sys.modules["bound_before"] = module
    try:
        with suffice.patch_sklearn() as patch:
            assert "bound_before.Mixture" in patch.rebound
            assert issubclass(sklearn.mixture.BayesianGaussianMixture, Ours) and issubclass(module.Mixture, Ours)
            late = types.ModuleType("bound_while_patched")
            exec("from sklearn.mixture import BayesianGaussianMixture", late.__dict__)
            sys.modules["bound_while_patched"] = late
            assert issubclass(late.BayesianGaussianMixture, Ours)
            assert suffice.is_patched()
        assert not suffice.is_patched()
        assert sklearn.mixture.BayesianGaussianMixture is THEIRS[0] and module.Mixture is THEIRS[0]
        assert late.BayesianGaussianMixture is THEIRS[0]
    finally:
        sys.modules.pop("bound_before")
        sys.modules.pop("bound_while_patched", None)


def test_twice_and_after_an_error():
    suffice.patch_sklearn()
    suffice.patch_sklearn()
    suffice.unpatch_sklearn()
    assert sklearn.mixture.BayesianGaussianMixture is THEIRS[0]
    suffice.unpatch_sklearn()
    with pytest.raises(RuntimeError):
        with suffice.patch_sklearn():
            raise RuntimeError
    assert sklearn.mixture.BayesianGaussianMixture is THEIRS[0]


def test_running_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom sklearn.mixture import BayesianGaussianMixture as B\nprint(B.__module__, sys.argv[1:], __name__)")
    run = lambda *arguments: subprocess.run(  # noqa: E731
        [sys.executable, "-m", "suffice", *arguments], capture_output=True, text=True)
    result = run(str(script), "--flag")
    assert result.stdout.strip() == "suffice._replacement ['--flag'] __main__", result.stderr
    missing = run("no_such_script.py")
    assert missing.returncode != 0 and "there is no script" in missing.stderr
    assert run().returncode == 2


def _load(package, module):
    """A module of an installed package, without running the package itself, which may need torch."""
    if f"{package}.{module}" in sys.modules:
        return sys.modules[f"{package}.{module}"]
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip(f"{package} is not installed")
    folder = pathlib.Path(spec.submodule_search_locations[0])
    parts = module.split(".")
    for depth in range(len(parts)):
        name = ".".join([package] + parts[:depth])
        if name not in sys.modules:
            stub = types.ModuleType(name)
            stub.__path__ = [str(folder.joinpath(*parts[:depth]))]
            sys.modules[name] = stub
    return importlib.import_module(f"{package}.{module}")


def _spied(monkeypatch):
    """Counts the fits that our class serves."""
    served = []
    original = Ours.fit
    monkeypatch.setattr(
        Ours, "fit", lambda self, *args, **kwargs: served.append(1) or original(self, *args, **kwargs))
    return served


#: Of two samples of 4,000 the Kolmogorov-Smirnov distance exceeds this with probability 1e-4 under equality; a shift of
#: 0.2 deviations exceeds it with power above 0.99.
LARGEST = 0.0525


def test_rdt_gives_the_same_columns(adult, monkeypatch):
    transformers = pytest.importorskip("rdt.transformers")
    frame = adult.select_dtypes("number").iloc[:4000].copy()
    frame.loc[::13, "age"] = np.nan

    def run():
        columns = {}
        for name in frame:
            normalizer = transformers.ClusterBasedNormalizer(
                missing_value_generation="from_column", max_clusters=10, weight_threshold=0.005)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                normalizer.fit(frame[[name]], name)
                np.random.seed(7)
                transformed = normalizer.transform(frame[[name]])
                columns[name] = (transformed, normalizer.reverse_transform(transformed))
        return columns

    theirs = run()
    served = _spied(monkeypatch)
    with suffice.patch_sklearn():
        ours = run()
        assert len(served) == len(frame.columns)
        suffice.tabular.patch_rdt()
        fast = run()
    for name, (transformed, back) in theirs.items():
        for other, other_back in (ours[name], fast[name]):
            # Ages lie on a grid, where rows halfway between two clusters fall to either side by rounding: components may
            # have other numbers, but mean the same.
            a, b = (values.to_numpy(dtype=float).ravel() for values in (other_back, back))
            assert two_sample_statistic(a[~np.isnan(a)], b[~np.isnan(b)]) < LARGEST, name
        # The vectorised draws are those of the loop.
        assert np.allclose(fast[name][0], ours[name][0]), name
    # Without rows that lie halfway between two means, both start from the same clusters and end at the same numbers.
    assert np.allclose(ours["fnlwgt"][0], theirs["fnlwgt"][0], atol=1e-6)


def test_ctgan_transformer(adult, monkeypatch):
    pytest.importorskip("rdt")
    module = _load("ctgan", "data_transformer")
    frame = adult[["age", "capital_gain", "hours_per_week", "sex"]]

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            transformer = module.DataTransformer()
            transformer.fit(frame, discrete_columns=["sex"])
            return transformer, transformer.transform(frame)

    served = _spied(monkeypatch)
    # Worker processes would import the package itself, torch and all.
    with suffice.patch_sklearn(), joblib.parallel_config(backend="threading"):
        suffice.tabular.patch_rdt()
        transformer, ours = run()
    assert len(served) == 3
    assert ours.shape[0] == len(frame) and np.isfinite(ours).all()
    assert len(transformer.inverse_transform(ours)) == len(frame)


def test_dp_cgans_transformer(adult, monkeypatch):
    try:
        module = _load("dp_cgans", "synthesizers.data_transformer")
    except ImportError as error:
        pytest.skip(f"dp_cgans cannot be loaded: {error}")
    frame = adult[["age", "hours_per_week"]].iloc[:1000]
    served = _spied(monkeypatch)

    def run():
        np.random.seed(3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            transformer = module.DataTransformer()
            transformer.fit(frame, discrete_columns=[])
            return transformer, transformer.transform(frame)

    _, theirs = run()
    assert not served
    with suffice.patch_sklearn():
        assert issubclass(module.BayesianGaussianMixture, Ours)
        transformer, ours = run()
    assert len(served) == 2
    assert len(ours) == len(theirs) and np.isfinite(ours).all()
    # Random starts are far from any optimum and nearly symmetric: rounding decides which one is found. The values must
    # come back all the same.
    assert np.allclose(transformer.inverse_transform(ours).to_numpy(), frame.to_numpy(), atol=1)


def test_worker_processes():
    """A fitted mixture goes to joblib's workers and back, without a patch there."""
    from conftest import blobs

    X = blobs(2000, 2)
    with suffice.patch_sklearn(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sklearn.mixture.BayesianGaussianMixture(n_components=3, random_state=0).fit(X)
    parts = joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(model.predict)(X[i::2]) for i in range(2))
    assert np.array_equal(parts[1], model.predict(X[1::2]))


def two_sample_statistic(a, b):
    """The largest difference of two empirical distribution functions."""
    values = np.sort(np.concatenate([a, b]))
    below = lambda x: np.searchsorted(np.sort(x), values, side="right") / len(x)  # noqa: E731
    return np.max(np.abs(below(a) - below(b)))


def test_large_columns_have_the_same_distribution(monkeypatch):
    """Where a fit starts from samples, transformed columns come back as the same distribution.

    With two samples of 60,000 a Kolmogorov-Smirnov distance of 0.0094 has probability 0.01 under equality; a shift of
    0.03 deviations would exceed it with power above 0.9.
    """
    transformers = pytest.importorskip("rdt.transformers")
    pandas = pytest.importorskip("pandas")
    from conftest import column

    frame = pandas.DataFrame({"a": column(60_000)[:, 0]})
    suffice.tabular.patch_rdt()
    with suffice.patch_sklearn(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        normalizer = transformers.ClusterBasedNormalizer()
        normalizer.fit(frame, "a")
        back = normalizer.reverse_transform(normalizer.transform(frame))
    assert two_sample_statistic(frame["a"].to_numpy(), back["a"].to_numpy()) < 0.0094
