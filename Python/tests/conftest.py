import os
import pathlib

# scikit-learn's small matrix products wait for each other's threads on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Data"


@pytest.fixture(scope="session")
def adult():
    pandas = pytest.importorskip("pandas")
    return pandas.read_csv(DATA / "adult.csv.gz")


@pytest.fixture(scope="session")
def faithful():
    return np.loadtxt(DATA / "faithful.csv", delimiter=",", skiprows=1)[:, -2:]


def tool():
    """The command line that was built last."""
    build = pathlib.Path(__file__).resolve().parents[2] / ".build"
    tools = [build / kind / "suffice" for kind in ("release", "debug", "python/release")]
    built = [tool for tool in tools if tool.is_file()]
    if not built:
        pytest.skip("the command line is not built")
    return str(max(built, key=lambda tool: tool.stat().st_mtime))


def blobs(rows, width, components=5, seed=0):
    """Rows of a mixture of Gaussians."""
    random = np.random.RandomState(seed)
    means = random.normal(size=(components, width)) * 6
    scales = random.uniform(0.3, 2, size=(components, width))
    label = random.randint(components, size=rows)
    return means[label] + random.normal(size=(rows, width)) * scales[label]


def column(rows, seed=0):
    """One column with modes of very different widths, as tables have them."""
    random = np.random.RandomState(seed)
    mode = random.choice(5, size=rows, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    choices = [
        random.normal(0, 1, rows), random.normal(4, 0.5, rows), random.gamma(2, 2, rows) + 6,
        random.normal(-5, 2, rows), random.normal(1, 0.1, rows),
    ]
    return np.choose(mode, choices)[:, None]
