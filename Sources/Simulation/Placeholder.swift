// The facade comes with the first run.
