"""What the first API generation (`neuronxcc.nki`) has besides: masks."""
