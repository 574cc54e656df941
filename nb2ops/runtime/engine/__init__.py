"""The papermill engine `nb2ops`: a step's cells in a kernel of ours. The one package that touches papermill.

nbformat comes along with papermill and is used here alone. `papermill --engine nb2ops` outside a run of ours
behaves as papermill's own engine does.
"""

from nb2ops.runtime.engine.plain import execute_plainly, linear_notebook, write_notebook
from nb2ops.runtime.engine.step import StepEngine, TypedTranslator, execute

__all__ = ["StepEngine", "TypedTranslator", "execute", "execute_plainly", "linear_notebook", "write_notebook"]
