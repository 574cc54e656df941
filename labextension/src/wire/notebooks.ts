import type { Json } from './json';

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
 * `minimum` and `maximum` are the bounds of its range, null where there is none; `words` say its type and range.
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
  readonly minimum: number | string | null;
  readonly maximum: number | string | null;
  readonly words: string;
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
