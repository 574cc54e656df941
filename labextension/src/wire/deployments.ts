import type { JsonObject } from './json';
import type { Parameter, Problem } from './notebooks';
import type { Run } from './runs';
import type { ClockChange, Schedule, ScheduleRequest, Slot } from './schedules';

export interface Deployment {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly notebook: string | null;
  readonly path: string | null;
  readonly version: string | null;
  readonly pool: string | null;
  readonly paused: boolean;
  readonly schedules: readonly Schedule[];
  readonly next_run: string | null;
  readonly last_run: Run | null;
  readonly workers_online: number;
  readonly owner: string | null;
  readonly project: string | null;
  readonly commit: string | null;
  /** Whether the notebook is no longer what was deployed; null where it cannot be read from here. */
  readonly changed: boolean | null;
  readonly parameters: JsonObject;
  readonly url: string | null;
  /** The newest runs that were to begin by now, newest first: as many as were asked for. */
  readonly history: readonly PastRun[];
  /** Globs of the files whose content starts runs. */
  readonly data: readonly string[];
  /** "failure", "success" or "rejected" -> who is told, without what may be a password. */
  readonly notifications: Readonly<Record<string, readonly string[]>>;
}

export interface PastRun {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly start: string | null;
  readonly seconds: number | null;
}

export interface DeploymentList {
  readonly deployments: readonly Deployment[];
}

/** `history`: how many past runs each deployment shows, 0 to 20. */
export interface DeploymentQuery {
  readonly history?: number;
}

export type CatchUp = 'skip' | 'latest' | 'all';
export type Overlap = 'skip' | 'queue' | 'parallel';

export interface Policy {
  readonly catch_up: CatchUp;
  readonly overlap: Overlap;
  readonly retries: number;
  readonly concurrency: number | null;
}

/** `GET deployments/{id}`, also the answer to `PATCH`. */
export interface DeploymentView {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly directory: string | null;
  /** None while it is paused. */
  readonly next_runs: readonly Slot[];
  readonly clock_changes: readonly ClockChange[];
  /** What starts runs besides schedules; `settle`: seconds for which nothing may change before. */
  readonly data: { readonly patterns: readonly string[]; readonly settle: number } | null;
  /** What a run takes, as it was deployed; empty where the bundle is not on this machine. */
  readonly takes: readonly Parameter[];
  /** Metrics of the last 20 runs whose record is on this machine, oldest first. */
  readonly metrics: readonly MetricTrend[];
}

export interface MetricTrend {
  readonly name: string;
  readonly points: readonly MetricPoint[];
}

export interface MetricPoint {
  readonly run: string;
  readonly start: string | null;
  readonly value: number;
}

/** `POST deployments`; what is not said stays as it is, or is nb2ops's choice for a new deployment. */
export interface DeployRequest {
  readonly path: string;
  readonly name?: string;
  /** All of them; an empty list removes those that are there. */
  readonly schedules?: readonly ScheduleRequest[];
  readonly parameters?: JsonObject;
  readonly texts?: readonly string[];
  readonly pool?: string;
  readonly paused?: boolean;
  readonly catch_up?: CatchUp;
  readonly overlap?: Overlap;
  readonly retries?: number;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly kernel?: string;
  readonly take_over?: boolean;
  /** "webhook:URL" or "block:TYPE/NAME" of those who are told; an empty list: nobody. */
  readonly on_failure?: readonly string[];
  readonly on_success?: readonly string[];
  readonly on_rejected?: readonly string[];
}

/** What `POST deployments` did: status 201 where `change` is "created", else 200. */
export interface Deployed {
  readonly deployment: {
    readonly id: string;
    /** FLOW/NAME. */
    readonly name: string;
    readonly url: string;
    readonly change: 'created' | 'updated' | 'unchanged';
    readonly version: string;
    readonly notices: readonly string[];
  };
  readonly pool: string | null;
  readonly paused: boolean;
  readonly schedules: readonly Schedule[];
  readonly next_runs: readonly Slot[];
  readonly clock_changes: readonly ClockChange[];
  readonly reads: readonly Read[];
  readonly problems: readonly Problem[];
}

/** A file that the notebook reads by a relative path. */
export interface Read {
  readonly path: string;
  readonly cell: number;
  readonly line: number;
  readonly place: 'found' | 'bundled' | 'written' | 'missing';
}

/** `PATCH deployments/{id}`: only what is said changes; `schedules` are all of them. */
export interface DeploymentPatch {
  readonly paused?: boolean;
  readonly schedules?: readonly ScheduleRequest[];
  readonly parameters?: JsonObject;
}

/** `POST deployments/{id}/run`: values in place of the deployment's. */
export interface DeploymentRunRequest {
  readonly parameters?: JsonObject;
}
