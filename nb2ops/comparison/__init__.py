"""What two executions of one notebook show, cell by cell: equal, or where not, and why.

Pure: notebooks come in as JSON data and findings go out. `verify` compares a pipeline with papermill here, and so
does whoever compares two runs.
"""
