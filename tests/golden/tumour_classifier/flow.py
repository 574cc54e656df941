"""Tumour classifier

Built by nb2ops from tumour_classifier.ipynb: change the notebook and build again.
"""

from typing import Annotated

from prefect import flow
from pydantic import Field

from nb2ops import pipeline, server


@flow(name="tumour_classifier")
def tumour_classifier(
    test_size: Annotated[float, Field(ge=0.05, le=0.5)] = 0.25,
    seed: int = 0,
    n_trees: Annotated[int, Field(ge=1, le=5000)] = 300,
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5,
    min_auc: Annotated[float, Field(ge=0, le=1)] = 0.95,
    min_recall: Annotated[float, Field(ge=0, le=1)] = 0.9,
):
    """Two models learn from 569 biopsies to tell malignant tumours from benign ones. The better one has to
    pass a quality gate before anybody looks at its answers.

    Args:
        test_size: share of the tumours held back for the final test
        seed: makes the split and both models repeatable
        n_trees: trees in the random forest
        threshold: call a tumour malignant from this probability on
        min_auc: gate: the least area under the ROC curve
        min_recall: gate: the least share of malignant tumours that are found
    """
    with pipeline(__file__, locals()) as step:
        setup = step("setup")
        load = step("load", setup)
        split = step("split", load)
        logistic = step("logistic", split)
        forest = step("forest", split)
        compare = step("compare", logistic, forest)
        step("inspect", compare)


if __name__ == "__main__":
    with server():
        tumour_classifier()
