"""One answer per candidate, for loops that write kernels: values against a reference, time, what bounds it and where."""
