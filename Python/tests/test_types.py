"""What a type checker knows of the package."""
import pathlib
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
import suffice
from suffice.mixture import BayesianGaussianMixture
from suffice.tabular import ModeNormalizer

rows = np.zeros((10, 2))
mixture: BayesianGaussianMixture = BayesianGaussianMixture(n_components=2, inference="memoized").fit(rows)
means: np.ndarray = mixture.means_
bounds: list[float] = mixture.lower_bounds_
converged: bool = mixture.converged_
model: suffice.Model = suffice.Model("gaussian-mixture", components=2).fit(rows, checkpoint="file")
posterior: dict[str, np.ndarray] = model.posterior
normalizer: ModeNormalizer = ModeNormalizer(random_state=0).fit(rows)
with suffice.patch_sklearn():
    pass
"""


def test_types_of_the_package(tmp_path):
    pytest.importorskip("mypy")
    folder = pathlib.Path(__file__).resolve().parents[1]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path)], capture_output=True, text=True, cwd=folder)
    assert result.returncode == 0, result.stdout


def test_types_of_a_user(tmp_path):
    pytest.importorskip("mypy")
    path = tmp_path / "user.py"

    def check(text):
        path.write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(path)], capture_output=True,
            text=True)

    result = check(PROGRAM)
    assert result.returncode == 0, result.stdout
    wrong = check(PROGRAM + "number: int = model.predict(rows)\ntext: str = mixture.score(rows)\n")
    assert wrong.stdout.count("Incompatible types in assignment") == 2, wrong.stdout
