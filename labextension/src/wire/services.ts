import type { Problem } from './notebooks';

export interface Health {
  readonly reachable: boolean;
  readonly api: string | null;
  readonly ui: string | null;
  readonly version: string | null;
  readonly message: string | null;
  /** Whether `POST services/start` may start what is missing: nobody chose another server. */
  readonly local: boolean;
  /** What is going on while the services start, null while they do not. */
  readonly starting: string | null;
  /** Why the last start failed, null where it did not. */
  readonly failed: string | null;
  readonly pools: readonly Pool[];
}

/** `remedy` is what to type for a worker, null where one is online. Of pool "nb2ops" `POST services/start` does it. */
export interface Pool {
  readonly name: string;
  readonly type: string;
  readonly paused: boolean;
  readonly workers_online: number;
  readonly remedy: string | null;
}

/** The body of every answer that is not a success. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** The part of the request that is wrong ("path", "parameters.rate", "schedules.0.cron"), null for none. */
  readonly field: string | null;
  /** Every part that is wrong, with its own message; empty for none. */
  readonly fields: Readonly<Record<string, string>>;
  /** What stops a notebook from being built (code "problems"); else empty. */
  readonly problems: readonly Problem[];
}

/** The schema of nb2ops's events on Jupyter's event stream (`serviceManager.events.stream`). */
export const CHANGE_SCHEMA = 'https://nb2ops.invalid/events/change';

/**
 * Something changed that is worth asking for anew. `id` is the run's or deployment's; `state` is the run's, where it
 * is known; "progress" says that a run that is going came further.
 */
export interface ChangeEvent {
  readonly kind: 'run' | 'progress' | 'deployment' | 'services';
  readonly id: string | null;
  readonly state: string | null;
}
