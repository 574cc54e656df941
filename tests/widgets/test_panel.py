"""The panel in a real kernel: a run started, watched, cancelled, a schedule made, while the kernel stays free."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from nb2ops.runtime.processes import wait_until
from tests.notebooks import write_notebook

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

PULSE = (
    ("markdown", "# Pulse"),
    ("parameters", "limit: int = 80\nbeats: list = [72, 75, 71]\nwait: bool = False"),
    ("step:load", "import time\nmean = sum(beats) / len(beats)"),
    ("metrics", "mean"),
    ("gate", "assert mean < limit"),
    ("step:rest", "time.sleep(600 if wait else 0)"),
)
WITHIN = 180.0
FREE = 5.0  # seconds that a press may take
Ask = Callable[..., Any]
EXECUTED = r'<a href="\.nb2ops/runs/[^"]*/pulse\.ipynb" [^>]*data-commandlinker-command="nb2ops:open-executed-notebook"'


@pytest.fixture
def ask(prefect: object, tmp_path: Path) -> Iterator[Ask]:
    """Run code in a kernel of the notebook pulse.ipynb and return the value of an expression."""
    write_notebook(tmp_path / "pulse.ipynb", *PULSE)
    told = {**os.environ, "JPY_SESSION_NAME": str(tmp_path / "pulse.ipynb"), "PYTHONPATH": os.getcwd()}
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=WITHIN, cwd=str(tmp_path), env=told)

    def run(expression: str, before: str = "") -> Any:
        code = f"{before}\nimport json; print(json.dumps({expression}))"
        shown: list[str] = []
        reply = client.execute_interactive(
            code, timeout=WITHIN, output_hook=lambda message: shown.append(message["content"].get("text", ""))
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(shown).strip().splitlines()[-1])

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def press(ask: Ask, button: str, **values: object) -> float:
    """Enter values, press a button, and return the seconds that the kernel was held up by it."""
    lines = [f"panel.fields[{name!r}].value = {value!r}" for name, value in values.items()]
    lines += ["import time; began = time.monotonic()", f"panel.{button}.click()"]
    held: float = ask("time.monotonic() - began", "\n".join(lines))
    return held


def test_a_run_is_started_watched_cancelled_and_scheduled(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty-home")
    elsewhere = f"import os, nb2ops; home, os.environ['NB2OPS_HOME'] = os.environ['NB2OPS_HOME'], {str(empty)!r}"
    assert ask("sorted(panel.fields)", f"{elsewhere}; panel = nb2ops.ui()") == ["beats", "limit", "wait"]
    assert ask("panel._prefect.layout.display") is None
    ask("0", "os.environ['NB2OPS_HOME'] = home")  # whose server runs already; how one starts is its own tests' matter
    press(ask, "start_button")
    assert wait_until(lambda: "Prefect is there." in ask("panel.told.value"), WITHIN)
    assert wait_until(lambda: ask("panel._prefect.layout.display") == "none", WITHIN)

    press(ask, "run_button", beats="[1")
    told = "[row.children[2].value for row in panel._form.children]"
    assert wait_until(lambda: any("beats" in each for each in ask(told)), WITHIN)
    assert ask("panel.run is None")

    assert press(ask, "run_button", beats="[60, 90]", limit=90) < FREE
    assert wait_until(lambda: ask("panel.progress.bar_style") == "success", WITHIN)
    assert ask("panel.progress.value == panel.progress.max > 1")
    assert "mean &lt; limit" in ask("panel.steps.value")
    assert re.search(EXECUTED, ask("panel.told.value"))
    assert ask("panel.run.parameters") == {"limit": 90, "beats": [60, 90], "wait": False}
    assert wait_until(lambda: "mean 75" in ask("panel.history.value"), WITHIN)
    assert "<polyline" in ask("panel.history.value")
    assert re.search(EXECUTED, ask("panel.history.value"))

    press(ask, "report_button")
    assert wait_until(lambda: 'report.html" title=' in ask("panel.told.value"), WITHIN)
    assert press(ask, "run_button", wait=True) < FREE
    resting = "any(step['name'] == 'rest' and step['state'] == 'Running' for step in panel.run.steps)"
    assert wait_until(lambda: ask("not panel.cancel_button.disabled") and ask(resting), WITHIN)
    assert wait_until(lambda: "Running" in ask("panel.steps.value"), WITHIN)
    assert ask("panel.run_button.disabled")
    press(ask, "cancel_button")
    assert wait_until(lambda: ask("panel.progress.bar_style") == "danger", WITHIN)
    assert "Cancelled" in ask("panel.steps.value")
    assert wait_until(lambda: "Cancelled" in ask("panel.history.value"), WITHIN)

    ask("0", "panel.cron.value, panel.zone.value = '0 6 * * *', 'Europe/Berlin'")
    press(ask, "deploy_button", wait=False)
    assert wait_until(lambda: "created" in ask("panel.told.value"), WITHIN)
    assert "T06:00" in ask("panel.told.value")
    ask("0", "panel.cron.value = '61 * * * *'")
    press(ask, "deploy_button")
    assert wait_until(lambda: "#b3261e" in ask("panel.told.value"), WITHIN)
