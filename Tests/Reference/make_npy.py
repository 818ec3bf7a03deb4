"""Writes the small .npy files of Tests/StorageTests/Data. Needs numpy and ml_dtypes."""

import pathlib

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "StorageTests" / "Data"
OUT.mkdir(parents=True, exist_ok=True)

grid = np.arange(6).reshape(2, 3)
ARRAYS = {
    "float32": grid.astype("<f4"),
    "float16": grid.astype("<f2"),
    "bfloat16": grid.astype(ml_dtypes.bfloat16),
    "float8_e4m3": grid.astype(ml_dtypes.float8_e4m3),
    "float8_e5m2": grid.astype(ml_dtypes.float8_e5m2),
    "float8_e4m3fn": grid.astype(ml_dtypes.float8_e4m3fn),
    "int8": grid.astype("i1"),
    "int32": grid.astype("<i4"),
    "uint16": grid.astype("<u2"),
    "bool": grid.astype("?"),
    "scalar": np.float32(1.5),
    "vector": np.arange(5, dtype="<f8"),
    "empty": np.zeros((3, 0, 2), "<f4"),
    "fortran": np.asfortranarray(grid.astype("<f4")),
    "big_endian": grid.astype(">f4"),
    "complex": grid.astype("<c8"),
    "record": np.zeros(2, [("a", "<f4"), ("b", "<i4")]),
}
for name, array in ARRAYS.items():
    np.save(OUT / f"{name}.npy", array)
for version in (1, 2, 3):
    with open(OUT / f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, grid.astype("<f4"), version=(version, 0))
