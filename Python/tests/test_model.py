"""Every shipped model from Python."""
import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from conftest import tool

import suffice


def test_models_are_listed():
    known = suffice.models()
    assert "gaussian-mixture" in known
    assert known["gaussian-mixture"]["hyperparameters"]["components"]["default"] == "10"


def test_fit_and_use(faithful, tmp_path):
    model = suffice.Model("gaussian_mixture", components=6).fit(faithful)
    assert model.converged_ and np.all(np.diff(model.bounds_) > -1e-6)
    assert model.bounds_[-1] == model.bound_
    posterior = model.posterior
    assert posterior["cluster.mean"].shape == (6, 2) and posterior["cluster.covariance"].shape == (6, 2, 2)
    probabilities = model.predict_proba(faithful)
    assert np.allclose(probabilities.sum(1), 1)
    assert np.array_equal(model.predict(faithful), probabilities.argmax(1))
    assert set(model.predict(faithful)) == {0, 1} or len(set(model.predict(faithful))) == 2
    assert np.isclose(model.score(faithful), model.score_samples(faithful).mean())
    drawn = model.sample(4000, seed=1)
    assert np.allclose([drawn["x1"].mean(), drawn["x2"].mean()], faithful.mean(0), rtol=0.05)
    path = tmp_path / "fit.safetensors"
    model.save(path)
    for other in (suffice.load(path), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert other.score(faithful) == model.score(faithful)
        assert other.bound_ == model.bound_ and other.name == "gaussian-mixture"
    assert suffice.load(path).hyperparameters["components"] == 6


def test_the_command_line_reads_the_file(faithful, tmp_path):
    model = suffice.Model("diagonal-gaussian-mixture", components=3).fit({"eruptions": faithful[:, 0]})
    model.save(tmp_path / "fit.safetensors")
    result = subprocess.run([tool(), "show", str(tmp_path / "fit.safetensors")], capture_output=True, text=True)
    assert result.returncode == 0 and "diagonal-gaussian-mixture" in result.stdout, result.stderr


def test_mixed_tables(adult):
    frame = adult[["age", "hours_per_week", "workclass", "sex"]].dropna().iloc[:2000]
    model = suffice.Model("mixed-mixture", components=4).fit(frame, restarts=2)
    assert set(model.columns_["categories"]) | set(model.columns_["flags"]) >= {"workclass", "sex"}
    assert model.predict(frame).shape == (2000,)
    # A wider table, and labels in another order.
    assert np.array_equal(model.predict(adult.iloc[frame.index[:50]]), model.predict(frame.iloc[:50]))
    assert set(model.sample(100)["sex"]) <= set(frame["sex"])
    with pytest.raises(ValueError, match="was not fitted to"):
        model.predict(frame.assign(sex="unknown"))


def test_columns_in_place():
    random = np.random.RandomState(0)
    wide = random.normal(size=(2000, 5))
    a = suffice.Model("normal-sample").fit(wide[:, ::2])
    b = suffice.Model("normal-sample").fit(np.ascontiguousarray(wide[:, ::2]))
    assert a.bound_ == b.bound_


def test_settings(faithful):
    a = suffice.Model("gaussian-mixture", components=3).fit(faithful, seed=5, n_jobs=1)
    b = suffice.Model("gaussian-mixture", components=3).fit(faithful, seed=5, n_jobs=2)
    assert a.bound_ == b.bound_
    labels = (faithful[:, 0] > 3).astype(int)
    c = suffice.Model("gaussian-mixture", components=2, mean_precision=0.5).fit(faithful, labels=labels)
    assert np.array_equal(c.predict(faithful), labels)
    seen = []
    suffice.Model("gaussian-mixture", components=2).fit(faithful, progress=seen.append)
    assert {"pass", "bound", "start"} <= set(seen[0])
    stochastic = suffice.Model("gaussian-mixture", components=2).fit(
        np.repeat(faithful, 10, axis=0), inference="stochastic", batch_size=100, max_passes=60)
    assert abs(stochastic.score(faithful) - a.score(faithful)) < 0.2


def test_starts(faithful, tmp_path):
    def make(components=3):
        return suffice.Model("gaussian-mixture", components=components)

    def first(start, **settings):
        return make().fit(faithful, start=start, max_passes=1, tolerance=1e6, **settings)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = np.arange(len(faithful)) % 3
        hard = first(labels)
        assert hard.bound_ != first(np.roll(labels, 1)).bound_
        assert hard.bound_ == first(np.eye(3)[labels]).bound_ == first(labels.astype(float).tolist()).bound_
        assert hard.bound_ == make().fit(faithful, labels=labels, max_passes=1, tolerance=1e6).bound_
        assert hard.bound_ != first(0.2 + 0.4 * np.eye(3)[labels]).bound_
        # A fit goes on where it ended, be it in memory or in a file.
        ended = make().fit(faithful, seed=2)
        again = first(ended)
        assert np.isclose(again.bound_, ended.bound_, rtol=1e-6) and again.bound_ > hard.bound_ + 1
        ended.save(tmp_path / "fit.safetensors")
        assert first(str(tmp_path / "fit.safetensors")).bound_ == first(tmp_path / "fit.safetensors").bound_ == again.bound_
        assert ended.fit(faithful, start=ended, max_passes=1, tolerance=1e6).bound_ == again.bound_
        # Labels of models whose values are no components.
        states = suffice.Model("hidden-markov-model", states=2)
        assert np.isfinite(states.fit(faithful, start=(faithful[:, 0] > 3).astype(int)).bound_)
        # Many passes: a start that is given is the first of them only.
        assert make().fit(faithful, start=labels).converged_


@pytest.mark.parametrize("start, message", (
    (np.zeros(5), "there are 272 rows"),
    (np.zeros((272, 2, 2)), "there are 272 rows"),
    (np.full(272, 0.5), "whole numbers"),
    (np.full(272, np.nan), "whole numbers"),
    (np.full(272, 3), "row 1 the label 3"),
    (np.full((272, 3), 0.5), "add up to 1"),
    (np.full((272, 2), 0.5), "probabilities of 3 labels"),
    (["a"] * 272, "a fitted model or the path of a fit"),
    (suffice.Model("gaussian-mixture"), "not fitted"),
))
def test_starts_that_are_none(faithful, start, message):
    with pytest.raises(ValueError, match=message):
        suffice.Model("gaussian-mixture", components=3).fit(faithful, start=start)


def test_starts_of_other_models(faithful, tmp_path):
    mixture = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    with pytest.raises(ValueError, match="nothing of the fit that is to be the start"):
        suffice.Model("normal-sample-mean-field").fit(faithful[:, :1], start=mixture)
    with pytest.raises(ValueError, match="cannot be used together"):
        suffice.Model("gaussian-mixture").fit(faithful, start=mixture, labels=np.zeros(len(faithful), int))
    with pytest.raises(FileNotFoundError):
        suffice.Model("gaussian-mixture").fit(faithful, start=tmp_path / "none")


def test_stopping(faithful):
    model = suffice.Model("gaussian-mixture", components=2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(faithful, progress=lambda state: False)

    def broken(state):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        model.fit(faithful, progress=broken)
    assert model.fit(faithful).converged_


def test_bad_input(faithful, tmp_path):
    with pytest.raises(ValueError, match="there is no model"):
        suffice.Model("nothing")
    with pytest.raises(TypeError, match="no hyperparameter"):
        suffice.Model("gaussian-mixture", k=3)
    model = suffice.Model("gaussian-mixture", components=2)
    for data in (np.ones((0, 2)), np.array([[1, np.nan], [2, 3.0]]), np.ones((3, 2, 2)), {}, 5, {"a": [1, 2], "b": [1]}):
        with pytest.raises((ValueError, TypeError)) as raised:
            model.fit(data)
        assert len(str(raised.value)) > 15
    with pytest.raises(ValueError, match="size 0"):
        suffice.Model("gaussian-mixture", components=0).fit(faithful)
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(faithful)
    with pytest.raises(ValueError, match="row 1 the label 7"):
        model.fit(faithful, labels=np.full(len(faithful), 7))
    with pytest.raises(ValueError, match="inference must be"):
        model.fit(faithful, inference="guessing")
    (tmp_path / "text").write_text("no fit")
    with pytest.raises(ValueError):
        suffice.load(tmp_path / "text")
    with pytest.raises(FileNotFoundError):
        suffice.load(tmp_path / "missing")
    fitted = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    with pytest.raises(ValueError, match="x2"):
        fitted.score(faithful[:, :1])


def test_columns_of_any_memory(faithful):
    reference = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    records = np.rec.fromarrays(faithful.T, names="a,b")
    masked = np.ma.masked_invalid(np.vstack([faithful, [[np.nan, 80.0]]]))
    for data, same in (
        (faithful[::-1][::-1], True), (np.asfortranarray(faithful), True), (np.repeat(faithful, 2, axis=0)[::2], True),
        (records, True), (faithful[::-1], False), (masked, False),
    ):
        model = suffice.Model("gaussian-mixture", components=2).fit(data)
        assert np.isclose(model.score(data), reference.score(faithful), rtol=1e-3)
        assert not same or model.bound_ == reference.bound_
    # A column of one value in every row has no variance, but it is read.
    with pytest.raises(ValueError, match="constant"):
        suffice.Model("gaussian-mixture").fit(np.broadcast_to(faithful[:1], (50, 2)))


def test_bad_tables_and_settings(faithful):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    model = suffice.Model("gaussian-mixture", components=2)
    for data, kind, match in (
        ({"a\0b": [1.0, 2.0]}, ValueError, "null character"),
        (pandas.DataFrame(faithful, columns=["a", "a"]), ValueError, "two columns 'a'"),
        (pandas.DataFrame({"a": pandas.date_range("2020", periods=3, tz="UTC")}), TypeError, "dates"),
        (polars.DataFrame({"a": [1.0, 2.0]}).lazy(), TypeError, "collect"),
        (pyarrow.chunked_array([[1.0, 2.0]]), TypeError, "no table"),
    ):
        with pytest.raises(kind, match=match):
            model.fit(data)
    for settings, kind in (
        ({"seed": 1.5}, TypeError), ({"tolerance": np.nan}, ValueError), ({"max_passes": 2.5}, TypeError),
        ({"max_passes": 0}, ValueError), ({"validation_fraction": 2, "inference": "stochastic"}, ValueError),
        ({"labels": np.full(len(faithful), 0.5)}, ValueError), ({"progress": 3}, TypeError),
        ({"checkpoint": "/nonexistent/folder/file"}, ValueError),
        ({"checkpoint": "file", "checkpoint_every": -1}, ValueError),
    ):
        with pytest.raises(kind, match=next(iter(settings)).split("_")[0] if "checkpoint" not in settings else "."):
            model.fit(faithful, **settings)
    # More threads than there is memory for.
    assert model.fit(faithful, n_jobs=10**12).converged_
    assert suffice.Model("gaussian-mixture", components=2, concentration=np.float64(0.1)).fit(faithful).converged_
    for arguments in ({"count": -1}, {"count": 1.5}, {"count": 1, "seed": -1}):
        with pytest.raises((TypeError, ValueError), match="count is"):
            model.sample(**arguments)


@pytest.mark.parametrize("inference", ("coordinate", "progressive", "stochastic", "memoized"))
def test_a_checkpoint_goes_on_with_the_same_bits(inference, tmp_path):
    random = np.random.RandomState(0)
    X = np.concatenate([random.normal(mean, 1, (1000, 2)) for mean in range(4)])
    settings = dict(inference=inference, tolerance=0, max_passes=12, seed=3, batch_size=200)
    path = tmp_path / "fit.checkpoint"

    def make():
        return suffice.Model("gaussian-mixture", components=5)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = make().fit(X, **settings)
        with pytest.raises(KeyboardInterrupt):
            make().fit(
                X, checkpoint=path, **settings,
                progress=lambda state: state["start"] is not None or state["pass"] < 3)
        assert path.is_file()
        with pytest.raises(ValueError, match="data are not those"):
            make().fit(X + 1, checkpoint=path, **settings)
        with pytest.raises(ValueError, match="another model"):
            suffice.Model("normal-sample").fit(X, checkpoint=path, **settings)
        with pytest.raises(ValueError, match="settings are not those"):
            make().fit(X, checkpoint=path, **{**settings, "seed": 4})
        resumed = make().fit(X, checkpoint=path, **settings)
    assert not path.exists()
    assert np.array_equal(resumed.bounds_, whole.bounds_, equal_nan=True)
    for name, values in whole.posterior.items():
        assert np.array_equal(resumed.posterior[name], values), name


def test_a_killed_fit_leaves_a_checkpoint(faithful, tmp_path):
    path = tmp_path / "fit.checkpoint"
    program = (
        "import os, sys, numpy as np, suffice\n"
        "X = np.loadtxt(sys.argv[1])\n"
        "stop = lambda state: os._exit(9) if state['start'] is None and state['pass'] == 2 else True\n"
        "suffice.Model('gaussian-mixture', components=4).fit(X, tolerance=0, max_passes=20, seed=1,\n"
        "    inference='coordinate', progress=stop, checkpoint=sys.argv[2], checkpoint_every=0)\n")
    np.savetxt(tmp_path / "rows", faithful)
    rows = np.loadtxt(tmp_path / "rows")
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "rows", path]).returncode == 9
    settings = dict(tolerance=0, max_passes=20, seed=1, inference="coordinate")
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed = suffice.Model("gaussian-mixture", components=4).fit(
            rows, checkpoint=path, progress=seen.append, **settings)
        whole = suffice.Model("gaussian-mixture", components=4).fit(rows, **settings)
    assert seen[0]["pass"] == 2 and np.array_equal(resumed.bounds_, whole.bounds_)


def test_the_command_line_says_who_goes_on(faithful, tmp_path):
    path = tmp_path / "fit.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        suffice.Model("gaussian-mixture", components=4).fit(
            faithful, tolerance=0, inference="coordinate", checkpoint=path,
            progress=lambda state: state["start"] is not None)
    result = subprocess.run([tool(), "resume", str(path)], capture_output=True, text=True)
    assert result.returncode != 0 and "begun from Python" in result.stderr


def test_priors_take_the_place_of_the_models(faithful, tmp_path):
    priors = {"cluster.mean": [3.5, 70], "cluster.covariance": [[1, 5], [5, 100]], "cluster.degreesOfFreedom": 4}
    model = suffice.Model("gaussian-mixture", components=2, priors=priors).fit(faithful)
    plain = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    assert model.bound_ != plain.bound_
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.priors == priors and again.fit(faithful).bound_ == model.bound_
    # A fit that is read and fitted again has the priors that it was made with.
    model.save(tmp_path / "fit.safetensors")
    assert suffice.load(tmp_path / "fit.safetensors").fit(faithful).bound_ == model.bound_
    own = {"cluster.mean": {"moment": "mean", "of": "x"}, "cluster.covariance": {"moment": "covariance", "of": "x"}}
    assert suffice.Model("gaussian-mixture", components=2, priors=own).fit(faithful).bound_ == plain.bound_


@pytest.mark.parametrize("priors, message", (
    ({"mean": 1}, "variable.parameter"),
    ({"label.probabilities": 1}, "has no variable \"label\" with a prior of known parameters; such are"),
    ({"cluster.location": 1}, "has no parameter \"location\"; it has \"mean\", \"meanPrecision\""),
    ({"cluster.mean": [1, 2, 3]}, "mean has 3 numbers, but one or 2 are needed"),
    ({"cluster.mean": "a"}, "numbers were expected"),
    ({"cluster.mean": [1, np.inf]}, "finite numbers were expected"),
    ({"cluster.covariance": [[1, 2], [0, 1]]}, "not symmetric"),
    ({"cluster.covariance": [[1, 2], [2, 1]]}, "positive definite"),
    ({"cluster.mean": {"moment": "mode", "of": "x"}}, "no property of data"),
    ({"cluster.mean": {"moment": "mean", "of": "y"}}, "no observed variable \"y\"; it has \"x\""),
    ({"cluster.mean": {"mean": "x"}}, "'moment', 'of' and 'factor'"),
))
def test_priors_that_are_none(faithful, priors, message):
    with pytest.raises(ValueError, match=message):
        suffice.Model("gaussian-mixture", components=2, priors=priors).fit(faithful)


def test_samples_of_models_that_condition_on_data():
    random = np.random.RandomState(0)
    x = random.normal(size=500)
    labels = np.where(x > 0, "high", "low")
    model = suffice.Model("linear-regression").fit({"x": x, "y": 3 * x + 0.1 * random.normal(size=500)})
    drawn = model.sample(given={"x": np.array([-2.0, 0.0, 2.0])})
    assert list(drawn) == ["y"] and np.allclose(drawn["y"], [-6, 0, 6], atol=0.8)
    with pytest.raises(ValueError, match="given=…"):
        model.sample(3)
    with pytest.raises(ValueError, match="count and given"):
        model.sample(3, given={"x": x})
    with pytest.raises(ValueError, match="conditions on no data"):
        suffice.Model("normal-sample").fit({"x": x}).sample(given={"x": x})
    # Without its first rows, a chain begins where its data were.
    walk = np.cumsum(random.normal(size=400)) * 0.1
    chain = suffice.Model("autoregressive-hidden-markov-model").fit({"x": walk}, max_passes=20, tolerance=1)
    assert chain.sample(5)["x"].shape == (5,)
    onward = chain.sample(given={"x": np.r_[walk[-1], np.full(4, np.nan)]})["x"]
    assert onward.shape == (5,) and onward[0] == walk[-1]
    mixed = suffice.Model("latent-class-analysis", classes=2).fit({"kind": labels}).sample(4)
    assert set(mixed["kind"]) <= {"high", "low"}
