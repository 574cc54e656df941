import { type Api, RequestError, fault } from './api';
import { OLDER, append, freshLimit, refresh } from './history';
import type { Deployment, Fault, Health, Run, RunPage, RunQuery } from './wire';

/** What the panel knows. After a fault the rest is what was true before it. */
export interface Snapshot {
  readonly health: Health | null;
  /** The runs that are wanted (see `Watch.filter`). */
  readonly runs: RunPage | null;
  /** The newest runs of all. */
  readonly recent: readonly Run[];
  readonly deployments: readonly Deployment[] | null;
  readonly fault: Fault | null;
}

export const UNKNOWN: Snapshot = { health: null, runs: null, recent: [], deployments: null, fault: null };

/** Past runs that a deployment's row shows. */
const HISTORY = 20;

/** Turns the snapshot of the moment into the next one. */
export type Step = (before: Snapshot) => Snapshot;

/** Ask for everything anew; Prefect is asked for lists only where it answers at all. */
export async function look(api: Api, known: RunPage | null, wanted: RunQuery = {}): Promise<Step> {
  return orFault(async () => {
    const health = await api.health();
    if (!health.reachable) {
      return before => ({ ...before, health, fault: unreachable(health) });
    }
    const all = Object.keys(wanted).length === 0;
    const limit = freshLimit(known);
    const [fresh, recent, { deployments }] = await Promise.all([
      api.runs({ ...wanted, limit }),
      all ? null : api.runs({ limit }),
      api.deployments({ history: HISTORY })
    ]);
    return before => ({
      health,
      runs: refresh(fresh, before.runs),
      recent: (recent ?? fresh).runs,
      deployments,
      fault: null
    });
  });
}

/** Ask for the page that a cursor leads to. */
export async function lookBack(api: Api, cursor: string, wanted: RunQuery = {}): Promise<Step> {
  return orFault(async () => {
    const older = await api.runs({ ...wanted, cursor, limit: OLDER });
    return before =>
      before.runs?.next === cursor ? { ...before, runs: append(before.runs, older) } : before;
  });
}

/** What a request failed with, as the server tells it. */
export function faultOf(error: unknown): Fault {
  if (error instanceof RequestError) {
    return error.fault;
  }
  throw error;
}

async function orFault(ask: () => Promise<Step>): Promise<Step> {
  try {
    return await ask();
  } catch (error) {
    const told = faultOf(error);
    return before => ({ ...before, fault: told });
  }
}

/** "Missing" is a server that was never chosen nor started: there the remedy is ours. */
function unreachable({ api, message }: Health): Fault {
  const code = api === null ? 'prefect_missing' : 'prefect_unreachable';
  return fault(code, message ?? '');
}
