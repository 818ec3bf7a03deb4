"""What the first API generation (`neuronxcc.nki`) has besides: masks, and what its compiler refuses."""
