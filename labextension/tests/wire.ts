import { readFileSync } from 'node:fs';
import { type Reader, movedTo } from '../src/reader';
import type {
  Built,
  Comparison,
  Deployed,
  DeploymentList,
  DeploymentView,
  Fault,
  Health,
  LogPage,
  NotebookView,
  Preview,
  Proposal,
  RunPage,
  RunView
} from '../src/wire';

interface Examples {
  pipeline: NotebookView;
  pipeline_broken: NotebookView;
  pipeline_none: NotebookView;
  pipeline_untagged: NotebookView;
  tags: Proposal;
  build: Built;
  runs: RunPage;
  runs_empty: RunPage;
  run_running: RunView;
  run_completed: RunView;
  run_failed: RunView;
  run_resumed: RunView;
  run_elsewhere: RunView;
  logs: LogPage;
  logs_empty: LogPage;
  compare: Comparison;
  deployments: DeploymentList;
  deployments_empty: DeploymentList;
  deployment: DeploymentView;
  deployed: Deployed;
  preview: Preview;
  health: Health;
  health_missing: Health;
  health_starting: Health;
  health_unreachable: Health;
  fault_unreachable: Fault;
  fault_field: Fault;
  fault_parameters: Fault;
  fault_problems: Fault;
}

/** An example of the server's JSON; `tests/lab` proves that the server makes it. */
export function wire<Name extends keyof Examples>(name: Name): Examples[Name] {
  return JSON.parse(readFileSync(`../tests/wire/${name}.json`, 'utf8')) as Examples[Name];
}

/** Somebody who reads English in Berlin, on the day of the examples. */
export const reader: Reader = {
  trans: {
    __: (text: string, ...values: unknown[]) => fill(text, values),
    _n: (one: string, many: string, count: number) => fill(count === 1 ? one : many, [count])
  } as Reader['trans'],
  language: 'en',
  zone: 'Europe/Berlin',
  now: Date.parse('2026-11-21T08:10:00+00:00'),
  page: url => movedTo('', url)
};

function fill(text: string, values: readonly unknown[]): string {
  return text.replace(/%(\d)/g, (_, place: string) => String(values[Number(place) - 1]));
}
