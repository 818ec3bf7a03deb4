"""A launch: arguments to tensors, the trace of each core, what the core computes, its report."""
