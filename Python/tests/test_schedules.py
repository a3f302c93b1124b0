"""Models from Python: schedules, updates, imputation, compiled model files, stops."""
import json
import os
import pathlib
import pickle
import signal
import subprocess
import threading
import warnings

import numpy as np
import pytest
from conftest import blobs, tool

import suffice

COMPILED = pathlib.Path(__file__).with_name("MyModel.model")


@pytest.mark.parametrize("inference", ("auto", "coordinate", "progressive", "stochastic", "memoized"))
def test_schedules_agree(inference):
    X = blobs(20_000, 2, components=4)
    model = suffice.Model("gaussian-mixture", components=8).fit(X, inference=inference, restarts=2)
    reference = suffice.Model("gaussian-mixture", components=8).fit(X, inference="coordinate", restarts=4)
    # 20,000 rows tell densities apart to about 0.003 nats a row.
    assert model.score(X) > reference.score(X) - 0.02
    words = {"auto": "few", "coordinate": "coordinate", "progressive": "progressive"}
    assert words.get(inference, inference) in model.schedule_
    if inference == "stochastic":
        assert np.isnan(model.bound_) and np.isfinite(model.held_out_)
    else:
        assert np.isfinite(model.bound_) and np.isnan(model.held_out_)


def test_many_rows_choose_samples():
    X = blobs(50_000, 1)
    model = suffice.Model("diagonal-gaussian-mixture", components=5).fit(X, restarts=2)
    assert "progressive" in model.schedule_ and "50000 rows are many" in model.schedule_


def test_stochastic_rates():
    X = blobs(20_000, 1, components=3)
    decaying = suffice.Model("diagonal-gaussian-mixture", components=3).fit(
        X, inference="stochastic", forgetting_rate=0.6, delay=10, batch_size=500, validation_fraction=0.05, restarts=2)
    adaptive = suffice.Model("diagonal-gaussian-mixture", components=3).fit(X, inference="stochastic", restarts=2)
    assert abs(decaying.score(X) - adaptive.score(X)) < 0.02
    with pytest.raises(ValueError, match="forgetting rate"):
        suffice.Model("normal-sample").fit(X, inference="stochastic", forgetting_rate=0.2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        suffice.Model("normal-sample").fit(X, inference="stochastic", validation_fraction=1.5)


def test_memoized_moves_find_components():
    """From one start with far too many components, moves delete what is not needed."""
    X = np.concatenate([np.random.RandomState(k).normal(20 * k, 1, size=(2000, 1)) for k in range(3)])
    fit = lambda moves: suffice.Model("diagonal-gaussian-mixture", components=10).fit(  # noqa: E731
        X, inference="memoized", restarts=1, moves=moves, parts=5)
    with_moves, without = fit(True), fit(False)
    assert with_moves.bound_ >= without.bound_ - 1e-6 * abs(without.bound_)
    assert len(set(with_moves.predict(X))) == 3


def test_weights_count_rows():
    X = blobs(300, 1)
    weights = np.random.RandomState(0).randint(1, 4, size=300)
    weighted = suffice.Model("normal-sample").fit(X, sample_weight=weights)
    repeated = suffice.Model("normal-sample").fit(np.repeat(X, weights, axis=0))
    key = next(key for key in weighted.posterior if key.endswith("recision") or key.endswith("shape"))
    assert np.allclose(weighted.posterior[key], repeated.posterior[key])
    named = suffice.Model("normal-sample").fit(
        {"x": X[:, 0], "w": weights}, bind={"x": "x"}, sample_weight="w")
    assert np.allclose(named.posterior[key], weighted.posterior[key])
    with pytest.raises(ValueError, match="with sample weights cannot be updated"):
        weighted.update(X)
    with pytest.raises(ValueError, match="300 rows"):
        suffice.Model("normal-sample").fit(X, sample_weight=[1.0])


def test_updates_of_a_conjugate_model_are_one_fit():
    """Where rows have no latent variables, parts in turn give the posterior of all rows, up to the data's own priors."""
    X = blobs(600, 1)
    parts = suffice.Model("normal-sample").partial_fit(X[:300]).partial_fit(X[300:])
    twice = suffice.Model("normal-sample").fit(X[:300])
    posterior = twice.posterior
    assert parts._about["rows"] == 600
    twice.update(X[300:], forgetting=0.0)
    only = twice.posterior
    for key in posterior:
        assert posterior[key].shape == only[key].shape
    count = next(key for key in posterior if "recision" in key or key.endswith("shape"))
    # 600 rows know more than 300, and what is forgotten does not count.
    assert parts.posterior[count].ravel()[0] > 1.5 * only[count].ravel()[0]


def test_updates_of_a_mixture():
    X, other = blobs(8000, 2, components=4), blobs(4000, 2, components=4)
    model = suffice.Model("gaussian-mixture", components=6)
    for part in np.array_split(X, 4):
        model.partial_fit(part)
        model = pickle.loads(pickle.dumps(model))
    whole = suffice.Model("gaussian-mixture", components=6).fit(X)
    assert model.score(other) > whole.score(other) - 0.02
    assert np.isclose(model.posterior["weights.concentration"].sum(), 8000 + 6 * 0.1)
    before = model.bound_
    with pytest.raises(ValueError, match="from 0 to 1"):
        model.update(X, forgetting=1.5)
    with pytest.raises(ValueError, match="x2"):
        model.update(X[:, :1])
    assert model.bound_ == before
    with pytest.raises(ValueError, match="not fitted"):
        suffice.Model("gaussian-mixture").update(X)


def test_models_that_cannot_be_updated(adult):
    frame = adult[["age", "hours_per_week"]].iloc[:300]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = suffice.Model("linear-dynamical-system").fit(frame.to_numpy(float), max_passes=20, restarts=1)
    with pytest.raises(ValueError, match="cannot be updated"):
        model.update(frame.to_numpy(float))


def test_imputation(faithful):
    """Means are those of the regression of what is missing on what is there, and draws scatter about them."""
    model = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    rows = faithful[:40].copy()
    rows[::2, 1] = np.nan
    filled = model.impute(rows)
    assert filled.shape == rows.shape and np.array_equal(filled[1::2], rows[1::2])
    posterior = model.posterior
    mean, covariance = posterior["cluster.mean"], posterior["cluster.covariance"]
    marginal = model.predict_proba(np.column_stack([rows[:, 0], np.full(len(rows), np.nan)]))[::2]
    slope = covariance[:, 1, 0] / covariance[:, 0, 0]
    expected = (marginal * (mean[:, 1] + slope * (rows[::2, :1] - mean[:, 0]))).sum(1)
    assert np.allclose(filled[::2, 1], expected, rtol=1e-3)
    draws = np.array(model.impute(rows, draws=400, seed=3))[:, ::2, 1]
    # 400 draws of deviation 6 to 7: six standard errors are 2.1.
    assert np.abs(draws.mean(0) - filled[::2, 1]).max() < 2.2 and draws.std(0).min() > 3
    assert np.array_equal(model.impute(rows, draws=2, seed=3)[1], model.impute(rows, draws=1, seed=4)[0])
    with pytest.raises(ValueError, match="at least 1"):
        model.impute(rows, draws=0)


def test_imputation_of_tables(adult):
    frame = adult[["age", "hours_per_week", "workclass", "sex"]].dropna().iloc[:2000].reset_index(drop=True)
    model = suffice.Model("mixed-mixture", components=4).fit(frame, restarts=1)
    holes = frame.copy()
    holes["age"] = holes["age"].astype(float)
    holes.loc[::3, "age"] = np.nan
    holes.loc[1::5, "sex"] = None
    filled = model.impute(holes.assign(extra=1))
    assert list(filled.columns) == list(frame.columns) + ["extra"] and not filled.isna().any().any()
    kept = holes["sex"].notna()
    assert (filled["sex"][kept] == frame["sex"][kept]).all() and set(filled["sex"]) <= set(frame["sex"])
    columns = model.impute({name: holes[name].to_numpy() for name in holes})
    assert set(columns) == set(frame.columns) and np.allclose(columns["age"], filled["age"])


def test_rows_before_the_first_lag():
    X = np.cumsum(np.random.RandomState(0).normal(size=(200, 1)), axis=0)
    model = suffice.Model("autoregressive-hidden-markov-model", states=2).fit(X, max_passes=30, restarts=1)
    probabilities = model.predict_proba(X)
    assert model.predict(X)[0] == -1 and model.predict(X)[5:].min() >= 0
    assert np.isnan(probabilities[0]).all() and np.allclose(probabilities[5:].sum(1), 1)


# Compiled model files.


def test_compiled_models(faithful, tmp_path):
    model = suffice.load(COMPILED)
    assert model.name == "my-model" and model.hyperparameters == {"components": 3}
    assert "not fitted" in model._repr_html_()
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(faithful)
    unfitted = pickle.loads(pickle.dumps(model))
    model.fit(faithful)
    assert model.posterior["cluster.mean"].shape == (3, 2)
    assert unfitted.fit(faithful).bound_ == model.bound_
    shipped = suffice.Model("gaussian-mixture", components=3).fit(faithful)
    # The same model by another name.
    assert np.isclose(model.bound_, shipped.bound_, rtol=1e-9)
    labels = shipped.predict(faithful)
    assert np.isfinite(model.fit(faithful, labels=labels).bound_)
    path = tmp_path / "fit.safetensors"
    model.save(path)
    for other in (suffice.load(path), pickle.loads(pickle.dumps(model))):
        assert other.score(faithful) == model.score(faithful) and other.name == "my-model"
    assert suffice.load(path).update(faithful)._about["rows"] == 2 * len(faithful)


def test_damaged_compiled_models(tmp_path):
    text = COMPILED.read_text()
    content = json.loads(text)
    bad = {
        "cut": (text[: len(text) // 2], "no compiled model"),
        "other": ("{}", "no compiled model"),
        "version": (json.dumps({**content, "version": 99}), "version 99"),
        "changed": (text.replace('"isPrevious": false', '"isPrevious": true', 1), "checksum"),
        "binary": ("{\0\xff", "no compiled model"),
        "deep": ("{" + '"a":[' * 100_000, "no compiled model"),
    }
    for name, (changed, match) in bad.items():
        path = tmp_path / f"{name}.model"
        path.write_text(changed, encoding="latin-1" if name == "binary" else "utf-8")
        with pytest.raises(ValueError, match=match) as raised:
            suffice.load(path)
        assert str(path) in str(raised.value)


def test_the_command_line_compiles(faithful, tmp_path):
    path, out = tmp_path / "three.model", tmp_path / "fit.safetensors"
    suffice_tool = tool()
    call = lambda *arguments: subprocess.run(  # noqa: E731
        [suffice_tool, *map(str, arguments)], capture_output=True, text=True)
    result = call("compile", "gaussian-mixture", "--components", "3", "--output", path)
    assert result.returncode == 0, result.stderr
    model = suffice.load(path).fit(faithful)
    np.savetxt(tmp_path / "rows.csv", faithful, delimiter=",", header="x1,x2", comments="")
    assert call("fit", path, "--data", tmp_path / "rows.csv", "--output", out, "--restarts", 8).returncode == 0
    assert np.isclose(suffice.load(out).bound_, model.bound_)
    refused = call("fit", path, "--components", "5", "--data", tmp_path / "rows.csv", "--output", out)
    assert refused.returncode == 2 and "compiled with" in refused.stderr
    model.save(out)
    assert "gaussian-mixture" in call("show", out).stdout


# Stops.


def test_stops_keep_the_last_pass(faithful):
    model = suffice.Model("gaussian-mixture", components=8)
    with pytest.raises(KeyboardInterrupt):
        model.fit(faithful, tolerance=0, inference="coordinate", restarts=1,
                  progress=lambda state: not (state["start"] is None and state["pass"] == 2))
    assert len(model.bounds_) == 2 and not model.converged_ and np.isfinite(model.score(faithful))
    fitted = suffice.Model("gaussian-mixture", components=2).fit(faithful)
    before = fitted.bound_
    with pytest.raises(RuntimeError, match="mine"):
        fitted.fit(faithful, progress=lambda state: (_ for _ in ()).throw(RuntimeError("mine")))
    assert fitted.bound_ == before


@pytest.mark.parametrize("progress", (None, lambda state: True))
def test_control_c(progress, capfd):
    X = np.random.RandomState(0).uniform(size=(100_000, 6))
    model = suffice.Model("gaussian-mixture", components=30)
    # A process that a shell starts in the background ignores the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        # Minutes, if nothing stopped it.
        model.fit(X, tolerance=0, max_passes=10**6, inference="coordinate", restarts=1, progress=progress)
    timer.join()
    assert "ignored" not in capfd.readouterr().err
    assert model.fit(X[:1000], restarts=1, max_passes=1000).converged_


def test_shares_of_rows():
    """Sums over shares, made by other processes say, are one pass over all rows."""
    X = blobs(500, 2, components=3)
    rng = np.random.default_rng(4)
    model = suffice.Model("gaussian-mixture", components=3).fit(X[:60])
    bounds = []
    while len(bounds) < 3 or not model.converged_:
        parts = np.array_split(rng.permutation(500), [20, 21, 300])
        sums = [pickle.loads(pickle.dumps(model.statistics(X[part]))) for part in parts]
        assert sum(sums).row_count == 500
        bounds.append(model.update_from(sums, tolerance=1e-9).bound_)
        assert len(bounds) < 400
    assert (np.diff(bounds) >= -1e-9 * abs(bounds[0])).all()
    # The priors are those of the first rows; what 500 rows say outweighs them.
    whole = suffice.Model("gaussian-mixture", components=3).fit(X, start=model, tolerance=1e-9)
    assert (model.predict(X) == whole.predict(X)).mean() > 0.98

    old = model.statistics(X)
    model.update_from([old])
    with pytest.raises(Exception, match="before it was updated"):
        model.update_from(old)
    with pytest.raises(Exception, match="different parameters"):
        old + model.statistics(X)
    with pytest.raises(ValueError, match="at least one share"):
        model.update_from([])
    with pytest.raises(Exception, match="no sums to share"):
        suffice.Model("hidden-markov-model", states=2).fit(X[:, :1]).statistics(X[:, :1])
