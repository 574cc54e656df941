import { type Api, RequestError, fault } from './api';
import { append, freshLimit, refresh } from './history';
import type { Deployment, Fault, Health, RunPage } from './wire';

/** What the panel knows. After a fault the rest is what was true before it. */
export interface Snapshot {
  readonly health: Health | null;
  readonly runs: RunPage | null;
  readonly deployments: readonly Deployment[] | null;
  readonly fault: Fault | null;
}

export const UNKNOWN: Snapshot = { health: null, runs: null, deployments: null, fault: null };

/** Turns the snapshot of the moment into the next one. */
export type Step = (before: Snapshot) => Snapshot;

/** Ask for everything anew; Prefect is asked for lists only where it answers at all. */
export async function look(api: Api, known: RunPage | null): Promise<Step> {
  return orFault(async () => {
    const health = await api.health();
    if (!health.reachable) {
      return before => ({ ...before, health, fault: unreachable(health) });
    }
    const [fresh, { deployments }] = await Promise.all([
      api.runs({ limit: freshLimit(known) }),
      api.deployments()
    ]);
    return before => ({ health, runs: refresh(fresh, before.runs), deployments, fault: null });
  });
}

/** Ask for the page that a cursor leads to. */
export async function lookBack(api: Api, cursor: string): Promise<Step> {
  return orFault(async () => {
    const older = await api.runs({ cursor });
    return before =>
      before.runs?.next === cursor ? { ...before, runs: append(before.runs, older) } : before;
  });
}

async function orFault(ask: () => Promise<Step>): Promise<Step> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RequestError) {
      return before => ({ ...before, fault: error.fault });
    }
    throw error;
  }
}

/** "Missing" is a server that was never chosen nor started: there the remedy is ours. */
function unreachable({ api, message }: Health): Fault {
  const code = api === null ? 'prefect_missing' : 'prefect_unreachable';
  return fault(code, message ?? '');
}
