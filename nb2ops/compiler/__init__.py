"""Notebook to pipeline: reading, tags, names, graph, checks, bundle. Nothing of the notebook runs."""
