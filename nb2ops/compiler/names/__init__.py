"""What each cell defines, uses, changes in place and does to the world.

`analysis.analyse` walks the cells in notebook order as an abstract interpreter: statements in `statements`,
expressions in `expressions`, calls in `calls`, magics in `magics`. It knows of each variable what it may be
(`values`) and of libraries what their calls do (`knowledge`). What it learns about a cell is a `facts.CellFacts`.
No code of the notebook runs.
"""
