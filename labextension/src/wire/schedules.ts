import type { JsonObject } from './json';

/** Exactly one of `cron`, `interval` and `rrule` is set. */
export interface Schedule {
  readonly cron: string | null;
  readonly interval: number | null;
  readonly timezone: string;
  readonly active: boolean;
  readonly rrule: string | null;
  readonly parameters: JsonObject;
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
