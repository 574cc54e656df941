/**
 * The JSON of `/nb2ops/api`: what nb2ops/model.py says, in TypeScript.
 * `tests/wire/*.json` holds an example of each; both sides are tested against them.
 * Times are ISO 8601 with offset, lengths of time are seconds.
 */

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly state: string;
  readonly notebook: string | null;
  readonly deployment: string | null;
  readonly cause: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly expected: string | null;
  readonly seconds: number | null;
  readonly message: string | null;
  readonly url: string | null;
}

/** Newest first; `next` is the cursor of the page after it, null on the last. */
export interface RunPage {
  readonly runs: readonly Run[];
  readonly next: string | null;
}

/** Exactly one of `cron` and `interval` is set. */
export interface Schedule {
  readonly cron: string | null;
  readonly interval: number | null;
  readonly timezone: string;
  readonly active: boolean;
}

export interface Deployment {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly notebook: string | null;
  readonly version: string | null;
  readonly pool: string | null;
  readonly paused: boolean;
  readonly schedules: readonly Schedule[];
  readonly next_run: string | null;
  readonly last_run: Run | null;
  readonly workers_online: number;
}

export interface DeploymentList {
  readonly deployments: readonly Deployment[];
}

export interface Health {
  readonly reachable: boolean;
  readonly api: string | null;
  readonly ui: string | null;
  readonly version: string | null;
  readonly message: string | null;
}

/** The body of every answer that is not a success. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}
