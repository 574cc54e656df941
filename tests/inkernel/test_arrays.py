"""numpy arrays and pandas objects."""

from __future__ import annotations

from .crossing import Case, check, crosses, table

CASES = (
    crosses(
        "views keep sharing memory, whichever crosses first",
        """
        import numpy as np
        row, back = None, None
        a = np.arange(12.0).reshape(3, 4)
        row, back, column, part = a[1], a[::-1, ::-1], a.T[2], a.reshape(-1).view("i4")[4:6]
        lone = np.arange(1_000_000)[10:13]
        big = np.zeros((400, 300), order="F")
        corner = big[-1:, -1:]
        """,
        """
        a[1, 2] = 99
        assert row[2] == 99 and back[1, 1] == 99 and column[1] == 99 and row.base is not None
        part[:] = 0
        assert a[0, 2] == 0
        corner[:] = 5
        assert big[-1, -1] == 5 and big.flags.f_contiguous and big.flags.writeable
        assert lone.tolist() == [10, 11, 12]
        """,
    ),
    crosses(
        "many times keep type, order, flags and the memory that they share",
        """
        import numpy as np
        times = np.arange(30_000).reshape(100, 300).astype("M8[s]")
        turned, waits = np.asfortranarray(times), (times - times[0, 0])[:, ::2]
        frozen = times.copy(); frozen.flags.writeable = False
        corner = times[:1, :1]
        """,
        """
        assert times.dtype == turned.dtype == "M8[s]" and waits.dtype == "m8[s]" and waits[3, 5].item().seconds == 910
        assert turned.flags.f_contiguous and not frozen.flags.writeable and (turned == times).all()
        corner[:] = np.datetime64(7, "s")
        assert times[0, 0] == np.datetime64(7, "s") and times.flags.writeable
        """,
    ),
    crosses(
        "dtypes, order, flags and empty arrays are exact",
        """
        import numpy as np
        frozen = np.arange(3); frozen.flags.writeable = False
        frozen_big = np.zeros(100_000); frozen_big.flags.writeable = False
        arrays = [
            np.array(5), np.zeros((0, 3)), np.array(["a", "bcd"]), np.array(["2024-01-01"], "M8[D]"),
            np.array([1, "x", None], object), np.array([(1, 2.5)], [("i", "i2"), ("f", "f8")]),
            np.asfortranarray(np.arange(6).reshape(2, 3)), np.array([True]), np.zeros(2, ">f4"),
            np.ma.array([1, 2], mask=[0, 1]), np.array([""]), np.float32(1.5), np.zeros(50_000, "c16"),
            frozen, frozen_big,
        ]
        shown = [(repr(each), str(each.dtype), each.shape, str(each.flags.f_contiguous)) for each in arrays]
        """,
        """
        assert [(repr(each), str(each.dtype), each.shape, str(each.flags.f_contiguous)) for each in arrays] == shown
        assert not frozen.flags.writeable and not frozen_big.flags.writeable and arrays[12].flags.writeable
        """,
    ),
    crosses(
        "small arrays can be resized in place, large ones written to",
        "import numpy as np\nsmall, large = np.arange(5), np.arange(500_000)",
        "small.resize(7)\nlarge[0] = 7\n"
        "assert small.tolist() == [0, 1, 2, 3, 4, 0, 0] and large[0] == 7 and large[-1] == 499_999",
    ),
    crosses(
        "numpy's own generators and singletons",
        "import numpy as np\nfrom numpy.random import rand\ng = np.random.default_rng(5)\ng.random()\nh = g\n"
        "masked, dtype = np.ma.masked, np.dtype('f8')",
        """
        other = np.random.default_rng(5); other.random()
        assert h is g and g.random() == other.random() and masked is np.ma.masked
        np.random.seed(1); first = rand(); np.random.seed(1)
        assert np.random.rand() == first
        """,
    ),
    crosses(
        "frames keep exact types, names and attributes, and stay apart",
        """
        import numpy as np
        import pandas as pd
        df = pd.DataFrame({
            "i": [1, 2, 3], "f": [0.5, np.nan, 2], "s": ["a", None, "c"], "c": pd.Categorical(["x", "y", "x"]),
            "t": pd.date_range("2024-01-01", periods=3, tz="UTC"), "n": pd.array([1, None, 3], "Int64"),
            "o": [[1], {2}, np.nan],
        }).set_index("s", drop=False)
        df.attrs["source"] = "test"
        shallow, sliced, column = df.copy(deep=False), df[:2], df["i"]
        shallow_n, shallow_t, shallow_c = df["n"], df["t"], df["c"]
        alias = df
        series = df["i"].rename("renamed")
        """,
        """
        import pandas as pd
        assert alias is df and df.attrs == {"source": "test"} and series.name == "renamed"
        dtypes = ["int64", "float64", "category", "Int64", "object"]
        assert [str(each) for each in df.dtypes[["i", "f", "c", "n", "o"]]] == dtypes
        df.iloc[0, 0] = 99
        df.iloc[0, df.columns.get_loc("n")] = 77
        df.iloc[0, df.columns.get_loc("c")] = "y"
        df.iloc[0, df.columns.get_loc("t")] = pd.Timestamp("2030-01-01", tz="UTC")
        assert shallow.iloc[0, 0] == sliced.iloc[0, 0] == column.iloc[0] == series.iloc[0] == 1
        assert shallow_n.iloc[0] == shallow["n"].iloc[0] == 1
        assert shallow_c.iloc[0] == "x" and shallow_t.iloc[0].year == 2024
        column.iloc[1] = 55
        assert df.iloc[1, 0] == shallow.iloc[1, 0] == 2
        assert any(x is np.nan for x in df["o"])
        """,
    ),
    crosses(
        "memory of a mapped file stays with its kernel",
        """
        import numpy as np, tempfile
        mapped = np.memmap(tempfile.TemporaryFile(), "u1", "w+", shape=(9,))
        """,
        "assert 'mapped' not in globals()",
        mapped="mapped file",
    ),
)


@table(CASES)
def test_arrays_cross(case: Case) -> None:
    check(case, CASES)
