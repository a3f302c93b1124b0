"""Writes the Parquet files that ParquetTests reads: pip install pyarrow==26.0.1 polars==2.1.0.

Both files hold the same table. Its third row lacks every value that may be missing.
"""

import datetime
import pathlib

import polars
import pyarrow
import pyarrow.parquet

folder = pathlib.Path(__file__).parent
columns = {
    "x": [1.5, -2.25, None, 4e10],
    "n": [1, 2, None, 4],
    "yes": [True, False, None, True],
    "city": ["Zürich", "Basel", None, "Basel"],
    "day": [datetime.date(1970, 1, 2), datetime.date(1969, 12, 31), None, datetime.date(2000, 1, 1)],
    "list": [[1], [], None, [2, 3]],
}
table = pyarrow.table(columns)
table = table.append_column("single", pyarrow.array([0.5, 1.5, 2.5, 3.5], pyarrow.float32()))
table = table.append_column("coded", pyarrow.array(["b", "a", None, "b"]).dictionary_encode())
# Two row groups.
pyarrow.parquet.write_table(table, folder / "pyarrow.parquet", row_group_size=3, compression="zstd")
frame = polars.from_arrow(table).with_columns(polars.col("coded").cast(polars.String).cast(polars.Categorical))
frame.write_parquet(folder / "polars.parquet", row_group_size=3, compression="snappy")
