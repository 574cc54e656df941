/**
 * The JSON of `/nb2ops/api`: what nb2ops/model and nb2ops/lab say, in TypeScript.
 * `tests/wire/*.json` holds an example of each; both sides are tested against them.
 * Times are ISO 8601 with offset, lengths of time are seconds. `path` is a path of Jupyter's contents
 * manager ("reports/churn.ipynb"), null for what lies outside of it; `notebook` is the file as nb2ops names it.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

// Notebooks and their pipelines

/** `GET pipeline`; `pipeline` is null where the file is no notebook at all, and then `problems` says why. */
export interface NotebookView {
  readonly path: string;
  readonly pipeline: Pipeline | null;
  readonly problems: readonly Problem[];
  /** The code cells that hold anything, in order. */
  readonly cells: readonly CellRole[];
  /** For a notebook without steps: by headings, else every five cells; null where there are steps, or errors. */
  readonly proposal: Proposal | null;
}

export type Severity = 'error' | 'warning' | 'notice';

/** `cell` is the prompt's number after Restart and Run All, `index` counts all cells of the file from 0. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly severity: Severity;
  readonly cell: number | null;
  readonly index: number | null;
  readonly id: string | null;
  readonly line: number | null;
  readonly step: string | null;
  readonly hint: string | null;
}

export type Role = 'parameters' | 'setup' | 'step' | 'skip' | 'metrics' | 'gate' | 'continues';

/** `step` is the step that the cell runs in ("setup" is one), null for a cell that is skipped. */
export interface CellRole {
  readonly cell: number;
  readonly index: number;
  readonly id: string;
  readonly role: Role;
  readonly step: string | null;
  readonly tags: readonly string[];
}

export interface Pipeline {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly notebook: string;
  readonly language: string;
  readonly kernel: string | null;
  readonly digest: string;
  readonly parameters: readonly Parameter[];
  readonly steps: readonly Step[];
  readonly edges: readonly Edge[];
  readonly joined: readonly Joined[];
}

export type ParameterKind =
  'integer' | 'number' | 'boolean' | 'text' | 'date' | 'datetime' | 'time' | 'choice' | 'json';

/**
 * `kind` says which field of a form fits; `choices` are the values of a `Literal`, else null.
 * `value` is the default as JSON, null for one that JSON does not hold: then `default` shows its source.
 * A `computed` default is made by the notebook: leave the parameter out unless somebody fills it in.
 * A `secret` names the Secret block that holds the value: nothing is asked for it.
 */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly kind: ParameterKind;
  readonly optional: boolean;
  readonly choices: readonly Json[] | null;
  readonly default: string;
  readonly value: Json;
  readonly help: string;
  readonly computed: boolean;
  readonly annotated: boolean;
  readonly secret: string | null;
  readonly cell: number;
  readonly line: number;
}

export interface StepCell {
  readonly cell: number;
  readonly index: number;
  readonly id: string;
  readonly role: Role;
  readonly metrics: readonly string[];
}

export interface Modifiers {
  readonly after: readonly string[];
  readonly retries: number | null;
  readonly retry_delay: number | null;
  readonly timeout: number | null;
  readonly memory: number | null;
  readonly cache: boolean;
  readonly keeps: readonly string[];
}

export interface Step {
  readonly name: string;
  readonly cells: readonly StepCell[];
  readonly modifiers: Modifiers;
  /** Variable -> the step that hands it over. */
  readonly loads: Readonly<Record<string, string>>;
  readonly saves: readonly string[];
}

export type ReasonKind = 'variable' | 'state' | 'world' | 'gate' | 'after' | 'opaque' | 'kernel';

/** `text` is a sentence about two cells. */
export interface Reason {
  readonly kind: ReasonKind;
  readonly name: string;
  readonly text: string;
}

/** `downstream` waits for `upstream`. */
export interface Edge {
  readonly upstream: string;
  readonly downstream: string;
  readonly reasons: readonly Reason[];
}

/** Steps that run in one kernel, one after the other. */
export interface Joined {
  readonly steps: readonly string[];
  readonly reasons: readonly Reason[];
}

/** `POST tags`: `every` null stands for headings. Nothing is written unless `write` is true. */
export interface TagsRequest {
  readonly path: string;
  readonly every?: number | null;
  readonly write?: boolean;
}

/** New tags, to be added to those that the cells have, and the pipeline that comes out. */
export interface Proposal {
  readonly every: number | null;
  readonly cells: readonly ProposedTags[];
  readonly pipeline: Pipeline;
  readonly problems: readonly Problem[];
  readonly written: boolean;
}

export interface ProposedTags {
  readonly cell: number;
  readonly index: number;
  readonly id: string;
  readonly tags: readonly string[];
}

/** `folder` is a path of the contents manager; without it NAME_pipeline beside the notebook. */
export interface BuildRequest {
  readonly path: string;
  readonly folder?: string;
}

export interface Built {
  readonly folder: string;
  readonly version: string;
  readonly steps: number;
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

// Runs

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly state: string;
  readonly notebook: string | null;
  readonly path: string | null;
  readonly deployment: string | null;
  readonly cause: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly expected: string | null;
  readonly seconds: number | null;
  readonly message: string | null;
  readonly url: string | null;
  /** The digest of what ran, null where nb2ops did not run it. */
  readonly version: string | null;
}

/** Newest first; `next` is the cursor of the page after it, null on the last. */
export interface RunPage {
  readonly runs: readonly Run[];
  readonly next: string | null;
}

/**
 * `path` is a notebook in the contents manager, `notebook` a file name; `state` is one state or several with commas
 * between; `text` is looked for in the names of run and flow.
 */
export interface RunQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly path?: string;
  readonly notebook?: string;
  readonly deployment?: string;
  readonly state?: string;
  readonly text?: string;
  readonly since?: string;
}

/**
 * `POST runs`. Values are JSON by the parameter's type; those named in `texts` are text that somebody typed, which
 * the server converts by the type (as `-p` does).
 */
export interface RunRequest {
  readonly path: string;
  readonly parameters?: JsonObject;
  readonly texts?: readonly string[];
  /** Only these steps and what they need. */
  readonly steps?: readonly string[];
  readonly from_step?: string;
  readonly to_step?: string;
  readonly timeout?: number;
  readonly cell_timeout?: number;
  readonly kernel?: string;
  readonly jobs?: number;
}

/** `GET runs/{id}`. What only our record knows is empty where the record is not on this machine. */
export interface RunView {
  readonly run: Run;
  /** Whether it is over: then nothing of this changes any more, unless it is tried again. */
  readonly over: boolean;
  readonly attempts: number;
  readonly parameters: readonly GivenParameter[];
  /** In notebook order where it is known, else as they began. */
  readonly steps: readonly RunStep[];
  readonly edges: readonly Edge[];
  readonly metrics: readonly Metric[];
  readonly gates: readonly Gate[];
  readonly failure: Failure | null;
  readonly warnings: readonly string[];
  /** Whether `GET runs/{id}/notebook` has something to give; also while it runs: false. */
  readonly has_notebook: boolean;
  readonly actions: RunActions;
}

/** What makes sense now. */
export interface RunActions {
  readonly cancel: boolean;
  readonly retry: boolean;
}

/** `origin` is "given" or "default", null where it is not known. */
export interface GivenParameter {
  readonly name: string;
  readonly value: Json;
  readonly type: string | null;
  readonly secret: string | null;
  readonly origin: 'given' | 'default' | null;
}

/** `done` of `total` cells have ended, `cell` is running: null where the record is not here, or nothing runs. */
export interface RunStep {
  readonly name: string;
  readonly state: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly seconds: number | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly done: number;
  readonly total: number | null;
  readonly cell: RunCell | null;
  readonly joined: readonly string[];
  readonly warnings: readonly string[];
}

export interface RunCell {
  readonly cell: number;
  readonly index: number;
  readonly id: string;
}

export interface Metric {
  readonly name: string;
  /** "NaN", "Infinity" and "-Infinity" for numbers that JSON does not know. */
  readonly value: number | boolean | string | null;
  readonly kind: 'number' | 'boolean' | 'text';
  readonly step: string;
  readonly cell: number;
}

/** `passed` is null where the notebook ended before it. */
export interface Gate {
  readonly text: string;
  readonly passed: boolean | null;
  readonly step: string;
  readonly cell: number;
  readonly line: number;
  readonly operator: string | null;
  readonly left: string | null;
  readonly right: string | null;
  readonly message: string | null;
}

export interface Failure {
  readonly kind: string;
  readonly message: string;
  readonly step: string | null;
  readonly cell: number | null;
  readonly index: number | null;
  readonly id: string | null;
  readonly line: number | null;
  readonly ename: string | null;
  readonly evalue: string | null;
  readonly traceback: string;
}

/** `tail` begins with the last `limit` lines; `cursor` goes on where an answer ended. */
export interface LogQuery {
  readonly cursor?: string;
  readonly step?: string;
  readonly limit?: number;
  readonly tail?: boolean;
}

/** `next` goes on from here, now (`more`) or later; nothing will come where it is `over` and there is no `more`. */
export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly next: string | null;
  readonly more: boolean;
  readonly over: boolean;
}

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly step: string | null;
  readonly text: string;
}

/** nbformat 4, as the run left it. */
export type ExecutedNotebook = JsonObject;

// Comparing two runs

/** Two of each, first and second run; null where a run has none. */
export type Pair<T> = readonly [T, T];

export interface Comparison {
  readonly runs: Pair<Run>;
  readonly versions: Pair<string | null>;
  readonly parameters: readonly ComparedValue[];
  readonly metrics: readonly ComparedMetric[];
  readonly steps: readonly ComparedStep[];
  /** Interpreter, platform and distributions that are not the same. */
  readonly environment: readonly ComparedValue[];
  /** All code cells that ran in one of them, in the order of the second run. */
  readonly cells: readonly ComparedCell[];
  /** Why a part of it is missing, for example because a record is not on this machine. */
  readonly notices: readonly string[];
}

export interface ComparedValue {
  readonly name: string;
  readonly values: Pair<Json>;
  readonly same: boolean;
}

export interface ComparedMetric extends ComparedValue {
  readonly step: string;
  /** Second less first, where both are numbers. */
  readonly difference: number | null;
}

export interface ComparedStep {
  readonly name: string;
  readonly states: Pair<string | null>;
  readonly seconds: Pair<number | null>;
}

/** `sources` and `outputs` are there for cells that are not `same` in it; outputs are nbformat's, null if too large. */
export interface ComparedCell {
  readonly cells: Pair<number | null>;
  readonly indexes: Pair<number | null>;
  readonly id: string;
  readonly steps: Pair<string | null>;
  readonly source: 'same' | 'changed' | 'added' | 'removed';
  readonly shown: 'same' | 'different' | 'unknown';
  readonly sources: Pair<string | null> | null;
  readonly outputs: Pair<readonly JsonObject[] | null> | null;
  /** What the outputs differ in, in words. */
  readonly parts: readonly ComparedPart[];
}

export interface ComparedPart {
  readonly place: string;
  readonly values: Pair<string | null>;
}

// Deployments

/** Exactly one of `cron`, `interval` and `rrule` is set. */
export interface Schedule {
  readonly cron: string | null;
  readonly interval: number | null;
  readonly timezone: string;
  readonly active: boolean;
  readonly rrule: string | null;
  readonly parameters: JsonObject;
}

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

/** One of `cron`, `interval` (seconds) and `rrule`. */
export interface ScheduleRequest {
  readonly cron?: string | null;
  readonly interval?: number | null;
  readonly rrule?: string | null;
  readonly timezone?: string;
  readonly active?: boolean;
  readonly parameters?: JsonObject;
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

// Schedules

/** `POST schedule/preview`; a schedule that never fires, or an unknown zone, is a fault of its field. */
export interface Preview {
  readonly next_runs: readonly Slot[];
  readonly clock_changes: readonly ClockChange[];
}

/** `time` is in UTC, `local` in the zone of the schedule. */
export interface Slot {
  readonly time: string;
  readonly local: string;
  readonly schedule: string;
}

export interface ClockChange {
  readonly date: string;
  readonly effect: 'skipped' | 'moved' | 'repeated' | 'once';
  readonly text: string;
}

// Services

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

// Faults and events

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
