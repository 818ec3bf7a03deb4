"""`torch_neuronx.xla_impl`, of which there is `ops.nki_jit`."""
