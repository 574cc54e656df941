"""A secret reaches the cells that read it, and nothing that is written."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from prefect import get_client
from prefect.blocks.system import Secret

from nb2ops.cli.app import cli
from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter, Pipeline, RunResult, StepState
from nb2ops.orchestration.api import request
from nb2ops.orchestration.execution import execute, server
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.secrets import notices, resolve
from nb2ops.orchestration.verifying import verify
from nb2ops.parameter_types import convert, secret_variable
from tests.notebooks import Pair, write_notebook

TOKEN, PASSWORD = "t0ken-of/the&test", "pass-w0rd of-the-test"
TRACES = [TOKEN, PASSWORD, "t0ken-of%2Fthe%26test", "dDBrZW4tb2YvdGhlJnRlc3", "of/the&test", "t0ken-of/the&amp;test"]
PARAMETERS = """token = ""  # secret: test-token  the key of the API
login: dict = {}  # secret: test-login
rows = 3  # how many"""


def run(folder: Path, *cells: Pair) -> RunResult:
    path = write_notebook(folder / "secretive.ipynb", ("parameters", PARAMETERS), *cells)
    write_bundle(build_bundle(compile_notebook(path), folder), folder / "bundle")
    return execute(folder / "bundle", {}, RunOptions(notebook=path), lambda event: None)


@pytest.fixture
def secrets(prefect, monkeypatch):
    stored = CliRunner().invoke(cli, ["secret", "test-token"], input=f"{TOKEN}\n")
    assert stored.exit_code == 0, stored.output
    monkeypatch.setenv("NB2OPS_SECRET_TEST_LOGIN", json.dumps({"user": "ann", "password": PASSWORD}))


def found_in(*folders: Path) -> list[str]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    content = {path: path.read_bytes() for path in files}
    return [f"{path}: {each}" for path, data in content.items() for each in TRACES if each.encode() in data]


def test_it_reaches_the_steps_that_read_it_and_no_file_log_or_database(prefect, prefect_home, secrets, tmp_path):
    result = run(
        tmp_path,
        ("setup", "import base64, html, os, sys, urllib.parse\nheaders = {'auth': 'Bearer ' + token}"),
        ("setup", "os.environ['TOKEN'] = token\nlength = len(token)"),
        ("step:show", "print(token, repr([token]), urllib.parse.quote(token, safe=''), html.escape(token))"),
        ("step:show", "print(base64.b64encode(('ann:' + token).encode()).decode())\ntoken"),
        ("step:show", "print(token[:6], end='', flush=True); print(token[6:]); print(login, file=sys.stderr)"),
        ("step:show", "sys.__stderr__.write(token); os.write(2, token.encode())\n!echo $TOKEN"),
        ("step:keep", "import numpy as np\nkept = np.array([token] * 3)"),
        ("step:use", "right = (kept == token).all() and headers['auth'] == 'Bearer ' + os.environ['TOKEN']"),
        ("metrics", "checked = bool(right and len(token) == length)\nname = login['password']\nprint(checked, name)"),
        ("gate", "assert name == login['password'], 'other'"),
        ("step:fail", "open(f'/no/such/{token}') if login else None"),
    )
    assert (result.state, result.failure.step) == (StepState.FAILED, "fail")
    assert "No such file or directory: '/no/such/***'" in result.failure.message
    values = {metric.name: metric.value for metric in result.metrics}
    assert values["checked"] is True
    assert values["name"] == "***"
    record = json.loads(Path(result.record).read_text())
    joined = {step["name"]: step["joined"]["steps"] for step in record["steps"]}
    assert joined["use"] == ["keep"]  # the array holds it where nothing can stand for it
    assert [(each["name"], each["value"], each["origin"]) for each in record["parameters"]] == [
        ("token", None, "block"),
        ("login", None, "environment"),
        ("rows", 3, "default"),
    ]
    run_row = request(prefect, "GET", f"/flow_runs/{result.flow_run}")
    assert run_row["parameters"] == {"rows": 3}
    assert "***" in run_row["state"]["message"]
    logs = request(prefect, "POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [result.flow_run]}}})
    assert any("Bearer" not in each["message"] and "***" in each["message"] for each in logs)
    assert found_in(tmp_path / ".nb2ops", tmp_path / "bundle", prefect_home) == []


def resolved(pipeline: Pipeline, block: object = None, **environment: str) -> tuple[Json, dict[str, str]]:
    """Resolve with Prefect's own client, where the block is there if it has a value."""
    with server(), get_client(sync_client=True) as client:
        if block is not None:
            Secret(value=block).save(pipeline.secrets["token"], overwrite=True)
        return resolve(pipeline, client, environment)


@pytest.mark.parametrize(
    ("kind", "block", "text", "why"),
    [
        ("str", None, None, 'there is no Secret block "KEY" in Prefect and no VARIABLE in the environment'),
        ("str", {"a": "long-enough"}, None, "is not text"),
        ("dict", "just-text", None, "is not a dictionary"),
        ("dict", None, "just-text", "is not a dictionary"),
        ("str", "abc", None, "fewer than 4 characters"),
        ("str", None, "", "fewer than 4 characters"),
        ("str", None, "x" * (1 << 16), "larger than 64 KiB"),
    ],
)
def test_a_secret_that_is_nowhere_or_is_none_ends_the_run_without_showing_it(prefect, kind, block, text, why):
    pipeline = pipeline_with(kind)
    key = pipeline.secrets["token"]
    variable = secret_variable(key)
    with pytest.raises(UsageError) as caught:
        resolved(pipeline, block, **({} if text is None else {variable: text}))
    assert why.replace("KEY", key).replace("VARIABLE", variable) in str(caught.value)
    assert not any(shown in str(caught.value) for shown in ("just-text", "long-enough", "abc"))


def test_the_environment_comes_before_the_block(prefect):
    pipeline = pipeline_with("str")
    variable = secret_variable(pipeline.secrets["token"])
    assert resolved(pipeline, "of the block") == ({"token": "of the block"}, {"token": "block"})
    assert resolved(pipeline, **{variable: "of here"}) == ({"token": "of here"}, {"token": "environment"})


def pipeline_with(kind: str) -> Pipeline:
    secret = Parameter("token", kind, "", secret=f"key-{uuid4().hex[:8]}")
    return Pipeline("nb", "nb", "", "nb.ipynb", "python", None, "", (secret,), (), ())


def test_it_is_never_passed_as_a_parameter():
    with pytest.raises(UsageError, match=r"Type `nb2ops secret key-\w+`, or set NB2OPS_SECRET_KEY_\w+") as caught:
        convert(pipeline_with("str").parameters, {"token": "v4lue"})
    assert "v4lue" not in str(caught.value)


def test_deploy_says_where_it_comes_from(prefect, secrets):
    (missing,) = notices(prefect, pipeline_with("str"))
    assert "Prefect has no Secret block" in missing
    assert "nb2ops secret key-" in missing


def test_verify_compares_with_the_secret_in_both_runs(prefect, secrets, tmp_path):
    cells = [
        ("parameters", PARAMETERS),
        ("setup", "headers = {'auth': token}"),
        ("step:a", "print(headers, len(token), login['user'])"),
    ]
    path = write_notebook(tmp_path / "nb.ipynb", *cells)
    write_bundle(build_bundle(compile_notebook(path), tmp_path), tmp_path / "bundle")
    found = verify(tmp_path / "bundle", {}, RunOptions(notebook=path), lambda event: None)
    assert (found.verdict, found.differences) == ("equal", ())
    assert "{'auth': '***'} 17 ann" in Path(found.linear).read_text()
    files = [each.read_bytes() for each in (tmp_path / ".nb2ops").rglob("*") if each.is_file()]
    assert not any(trace.encode() in content for content in files for trace in TRACES)
