"""Pipelines and runs to look at: pictures (SVG, Mermaid, Graphviz), pieces of HTML, the report of a run.

All of it is made from the values of the model and from records as JSON; nothing here asks Prefect. Equal input gives
equal bytes. Every text of the user's is escaped where it becomes HTML (`markup.text`).
"""
