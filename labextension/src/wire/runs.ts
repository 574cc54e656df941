import type { Json, JsonObject } from './json';
import type { Edge } from './notebooks';

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
  /** Every step runs, also where an earlier result would do. */
  readonly force?: boolean;
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
  /** Why a run that did not complete cannot be resumed; null where it can, or did. */
  readonly obstacle: string | null;
  /** What Prefect shows beside the run; none until it is over. */
  readonly artifacts: readonly Artifact[];
}

export interface Artifact {
  readonly key: string | null;
  readonly type: string | null;
  readonly description: string | null;
  readonly url: string;
}

/** What makes sense now. */
export interface RunActions {
  readonly cancel: boolean;
  readonly retry: boolean;
  /** Of a run that did not complete: its steps that did need not run again. */
  readonly resume: boolean;
}

/** `origin` is "given" or "default", null where it is not known. */
export interface GivenParameter {
  readonly name: string;
  readonly value: Json;
  readonly type: string | null;
  readonly secret: string | null;
  readonly origin: 'given' | 'default' | null;
}

/** `done` of `total` cells have ended, `cell` is running, `first` is its first one: null where the record is not here, or nothing runs. */
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
  readonly first: RunCell | null;
  /** The run whose result stands in for the step, which did not run; `id` is null where Prefect does not know it. */
  readonly computed_by: { readonly id: string | null; readonly name: string } | null;
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
