import type { Json, JsonObject } from './json';
import type { Run } from './runs';

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
