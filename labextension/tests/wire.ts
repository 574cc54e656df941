import { readFileSync } from 'node:fs';
import type { Reader } from '../src/reader';
import type { DeploymentList, Fault, Health, RunPage } from '../src/wire';

interface Examples {
  runs: RunPage;
  runs_empty: RunPage;
  deployments: DeploymentList;
  deployments_empty: DeploymentList;
  health: Health;
  health_missing: Health;
  health_unreachable: Health;
  fault_unreachable: Fault;
  fault_field: Fault;
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
  now: Date.parse('2026-11-21T08:10:00+00:00')
};

function fill(text: string, values: readonly unknown[]): string {
  return text.replace(/%(\d)/g, (_, place: string) => String(values[Number(place) - 1]));
}
