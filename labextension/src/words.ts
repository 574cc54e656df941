import type { TranslationBundle } from '@jupyterlab/translation';
import cronstrue from 'cronstrue';
import type { Reader } from './reader';
import type { Run, Schedule } from './wire';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [365 * DAY, 'year'],
  [30 * DAY, 'month'],
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute']
];

/** A length of time, in its two largest units: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "1 d 4 h". */
export function duration(seconds: number, trans: TranslationBundle): string {
  if (seconds < 10 && !Number.isInteger(seconds)) {
    return trans.__('%1 s', Math.max(0, seconds).toFixed(1));
  }
  const whole = Math.round(seconds);
  const days = Math.floor(whole / DAY);
  const hours = Math.floor(whole / HOUR);
  const minutes = Math.floor(whole / MINUTE);
  if (days) {
    return two(trans.__('%1 d', days), hours % 24 && trans.__('%1 h', hours % 24));
  }
  if (hours) {
    return two(trans.__('%1 h', hours), minutes % 60 && trans.__('%1 min', minutes % 60));
  }
  if (minutes) {
    return two(trans.__('%1 min', minutes), whole % 60 && trans.__('%1 s', whole % 60));
  }
  return trans.__('%1 s', whole);
}

function two(large: string, small: string | 0): string {
  return small ? `${large} ${small}` : large;
}

/** How far a time is from now: "5m ago", "in 3h", "yesterday". */
export function relative(time: string, { language, now }: Reader): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const [size, unit] = UNITS.find(([least]) => Math.abs(seconds) >= least) ?? [1, 'second'];
  const numeric = unit === 'second' ? 'auto' : 'always'; // "now", but not "tomorrow" for 40 hours
  const format = new Intl.RelativeTimeFormat(language, { numeric, style: 'narrow' });
  return format.format(Math.trunc(seconds / size), unit);
}

/** A time in full. */
export function absolute(time: string, { language, zone }: Reader): string {
  const style = { dateStyle: 'full', timeStyle: 'long', timeZone: zone } as const;
  return new Intl.DateTimeFormat(language, style).format(Date.parse(time));
}

/** What made a run start. */
export function cause(run: Run, trans: TranslationBundle): string {
  switch (run.cause) {
    case 'schedule':
      return trans.__('scheduled');
    case 'hand':
      return trans.__('by hand');
    case 'deployment':
      return trans.__('on demand');
    default:
      return run.cause;
  }
}

/** When a deployment runs; the time zone of a cron expression only where it is not the reader's. */
export function schedule(each: Schedule, { trans, zone }: Reader): string {
  if (each.interval !== null) {
    return trans.__('Every %1', duration(each.interval, trans));
  }
  const words = each.rrule ?? cronWords(each.cron ?? '');
  return each.timezone === zone ? words : trans.__('%1 (%2)', words, each.timezone);
}

/** In English, the only language of cronstrue's small build; what it cannot read stays as it is. */
function cronWords(cron: string): string {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true });
  } catch {
    return cron;
  }
}

/** Whether following an address can only load a page: no `javascript:`, no `data:`. */
export function isWebAddress(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url);
}
