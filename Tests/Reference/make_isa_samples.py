"""Writes Tests/ISATests/Data/isa.bin.zst: inputs and results of every operation, by NumPy.

Needs numpy, ml_dtypes and the zstd command. Run it from anywhere; the output is always the same.

The file is a little-endian uint32, the length of a JSON text, that text, and a block of bytes. The text
is a list of samples:

  operation, engine   the names
  tensors             name, space, dtype, shape, partition, address; `data` is where its bytes before
                      the operation begin in the block (none: never written), `expected` where those
                      after it begin (none: unchanged); `matmul`: whether a matmul wrote it
  fields              name and one of tile, number, integer, flag, symbol, integers, pairs
  ulp                 how many units in the last place of its type a result may be off
  absolute            how much a result may be off in all, where that is larger
  generation          the NeuronCore version, where it is not 3

Arithmetic is float32 here as in the machine, so most results agree to the last bit. NaN has many codes:
that something is a NaN is compared, not which.
"""

import json
import pathlib
import struct
import subprocess

from isa_samples import (activations, elementwise, engine_state, exchanges, gathering, products, reductions, scans, selecting,
                         simple, top, transfers, trn3)
from isa_samples.base import block, samples

OUT = pathlib.Path(__file__).parent.parent / "ISATests" / "Data" / "isa.bin.zst"

for make in (transfers.dma_samples, products.transpose_samples, products.matmul_samples, simple.simple_samples,
             elementwise.tensor_tensor_samples, elementwise.tensor_scalar_samples,
             elementwise.scalar_tensor_tensor_samples, reductions.reduce_samples,
             reductions.partition_reduce_samples, reductions.scalar_reduce_samples,
             activations.activation_samples, selecting.select_samples, top.top_samples,
             scans.scan_samples, gathering.gather_samples, engine_state.state_samples,
             transfers.compute_samples, products.axes_samples, reductions.statistics_samples,
             activations.derivative_samples, exchanges.exchange_samples, trn3.mx_samples, trn3.vector_samples,
             trn3.activate_samples):
    make()

text = json.dumps(samples, separators=(",", ":")).encode()
OUT.parent.mkdir(parents=True, exist_ok=True)
subprocess.run(["zstd", "-19", "--ultra", "-q", "-f", "-o", str(OUT)],
               input=struct.pack("<I", len(text)) + text + bytes(block), check=True)
print(len(samples), "samples,", OUT.stat().st_size, "bytes of", len(text) + len(block))
