"""What each endpoint answers: the request checked, the right room asked, values as JSON. One module per family.

Loaded with the first request (see `nb2ops.lab`). Nothing here imports Prefect or waits on the event loop.
"""
