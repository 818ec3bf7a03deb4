"""`torch_neuronx.utils`, as far as launches of kernels use it."""

from __future__ import annotations

from ...run.kernel import logical_cores_of_environment


def get_logical_neuron_cores() -> str:
    """What NEURON_LOGICAL_NC_CONFIG says, 1 without it."""
    return str(logical_cores_of_environment())


__all__ = ["get_logical_neuron_cores"]
