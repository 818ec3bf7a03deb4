"""Commands by the vendor's names, for tools that drive its profiler: `docs/doors.md`."""
