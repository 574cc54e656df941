import type { JsonObject, Schedule, ScheduleRequest } from '../wire';

export type Rhythm = 'every' | 'daily' | 'weekly' | 'monthly' | 'cron' | 'rrule';

/** A schedule while somebody works on it; what another rhythm needs is kept for when they change their mind. */
export interface Draft {
  readonly rhythm: Rhythm;
  readonly count: string;
  /** Seconds of one of what is counted: 60, 3600 or 86400. */
  readonly unit: number;
  /** "06:00". */
  readonly time: string;
  /** Days of the week as cron counts them, 0 is Sunday. */
  readonly weekdays: readonly number[];
  readonly day: string;
  readonly cron: string;
  readonly rrule: string;
  readonly timezone: string;
  readonly active: boolean;
  readonly parameters: JsonObject;
}

export const UNITS = [60, 3600, 86_400] as const;
/** Monday first. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0] as const;

export function newDraft(timezone: string): Draft {
  return {
    rhythm: 'daily',
    count: '15',
    unit: 60,
    time: '06:00',
    weekdays: [1, 2, 3, 4, 5],
    day: '1',
    cron: '0 6 * * *',
    rrule: '',
    timezone,
    active: true,
    parameters: {}
  };
}

/** A schedule as a draft, in the simplest rhythm that says the same. */
export function draftOf(schedule: Schedule): Draft {
  const { timezone, active, parameters, cron, interval, rrule } = schedule;
  const draft = { ...newDraft(timezone), active, parameters };
  if (interval !== null) {
    const unit = [...UNITS].reverse().find(each => interval % each === 0);
    return unit === undefined
      ? { ...draft, rhythm: 'every', count: String(interval / 60), unit: 60 }
      : { ...draft, rhythm: 'every', count: String(interval / unit), unit };
  }
  return cron === null
    ? { ...draft, rhythm: 'rrule', rrule: rrule ?? '' }
    : { ...draft, cron, ...rhythmOf(cron) };
}

/** What a draft asks for. */
export function scheduleOf(draft: Draft): ScheduleRequest {
  const { rhythm, timezone, active, parameters } = draft;
  const rest = { timezone, active, parameters };
  switch (rhythm) {
    case 'every':
      return { interval: Number(draft.count) * draft.unit, ...rest };
    case 'rrule':
      return { rrule: draft.rrule, ...rest };
    default:
      return { cron: cronOf(draft), ...rest };
  }
}

/** The cron expression of a rhythm by the clock. */
export function cronOf({ rhythm, time, weekdays, day, cron }: Draft): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  switch (rhythm) {
    case 'daily':
      return `${minute} ${hour} * * *`;
    case 'weekly':
      return `${minute} ${hour} * * ${daysWords(weekdays)}`;
    case 'monthly':
      return `${minute} ${hour} ${day.trim()} * *`;
    default:
      return cron.trim();
  }
}

function rhythmOf(cron: string): Partial<Draft> {
  const found = /^(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|[0-7](?:[-,][0-7])*)$/.exec(cron);
  const [, minute = '', hour = '', day = '', weekday = ''] = found ?? [];
  if (!found || (day !== '*' && weekday !== '*')) {
    return { rhythm: 'cron' };
  }
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (day !== '*') {
    return { rhythm: 'monthly', time, day };
  }
  return weekday === '*' ? { rhythm: 'daily', time } : { rhythm: 'weekly', time, weekdays: daysOf(weekday) };
}

/** Days of the week as cron writes them: "1-5", "0,6", "*" for none or all. */
function daysWords(weekdays: readonly number[]): string {
  const days = [...weekdays].sort((a, b) => a - b);
  const [first = 0] = days;
  const last = days.at(-1) ?? 0;
  if (days.length % 7 === 0) {
    return '*';
  }
  return days.length > 2 && last - first === days.length - 1 ? `${first}-${last}` : days.join(',');
}

function daysOf(text: string): number[] {
  const days = text.split(',').flatMap(part => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => (first + index) % 7);
  });
  return [...new Set(days)];
}
