"""Reading handwritten digits

Built by nb2ops from digits_explorer.ipynb: change the notebook and build again.
"""

from prefect import flow

from nb2ops import pipeline, server


@flow(name="digits_explorer")
def digits_explorer():
    """From 1,797 small pictures of digits to a classifier, and to the pictures that it gets wrong. This
    notebook is written as notebooks are: headings, a few functions, names that change their meaning on
    the way, and no tags.
    """
    with pipeline(__file__, locals()) as step:
        step("notebook")


if __name__ == "__main__":
    with server():
        digits_explorer()
