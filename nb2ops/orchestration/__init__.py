"""Prefect's side of nb2ops: authoring and running flows, deployments, history, and the services they need.

Importing Prefect costs 1.3 CPU-seconds. `flows` and what it is made of (`current`, `ending`, `logs`, `planning`,
`publishing`) import it; `execution` and `deploying` do so when they are called. Everything else does without: what
only reads (`history`, `deployments`, `doctor`) or looks (`watching`) asks Prefect's REST API through httpx, and
`services` starts Prefect's own commands as processes.
"""
