"""Public kernels from their unchanged source against what devices took: `trnsim accuracy --source`.

`table.py` says which kernels of which repositories belong to which records, `records.py` what a record's figures mean,
`running.py` runs the kernels in processes of their own, `figures.py` has the statistics, and `report.py` shows them.
Neither the kernels nor the records are part of this package: who runs it has both.
"""
