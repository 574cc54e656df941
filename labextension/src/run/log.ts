import type { LogLine, LogPage } from '../wire';

/** Lines that are kept; what is older is let go, and said so. */
export const MOST = 5000;

/** A log as far as it was read. */
export interface Log {
  readonly lines: readonly LogLine[];
  readonly next: string | null;
  /** Lines that are no longer kept. */
  readonly dropped: number;
  /** Whether nothing more will come. */
  readonly ended: boolean;
}

export const EMPTY: Log = { lines: [], next: null, dropped: 0, ended: false };

/** The log with what came after it. */
export function append(log: Log, page: LogPage): Log {
  const all = [...log.lines, ...page.lines];
  const dropped = Math.max(all.length - MOST, 0);
  return {
    lines: dropped ? all.slice(dropped) : all,
    next: page.next ?? log.next,
    dropped: log.dropped + dropped,
    ended: page.over && !page.more
  };
}

/** The lines of a step (all where it is empty) that hold a text, in any case of letters. */
export function wanted(lines: readonly LogLine[], text: string, step: string): LogLine[] {
  const looked = text.toLowerCase();
  return lines.filter(
    line => (step === '' || line.step === step) && line.text.toLowerCase().includes(looked)
  );
}
