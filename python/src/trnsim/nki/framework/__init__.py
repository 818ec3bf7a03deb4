"""`nki.framework`: what frameworks and autotuners compile kernels with."""
