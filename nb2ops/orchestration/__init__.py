"""Prefect's side of nb2ops: authoring and running flows, deployments, history, and the services they need.

Only `flows`, `ending`, `execution` and `deployments` import Prefect, which costs 1.3 CPU-seconds. What only reads
(`history`, the list of deployments, `doctor`) asks Prefect's REST API through httpx, and `services` starts Prefect's
own commands as processes.
"""
