"""A user's script: no word of the simulator in it. Run with NKI_SIMULATOR=1 by ./check."""

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np


@nki.jit
def double(x):
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, tile)
    return out


if __name__ == "__main__":
    x = np.arange(128 * 512, dtype=np.float32).reshape(128, 512)
    assert (double(x) == 2 * x).all()
    print("an installed package runs a script unchanged: passed")
