import { tone } from '../states';
import type { Run } from '../wire';

const DAY = 24 * 60 * 60 * 1000; // milliseconds

/** How many runs go on, and how many failed within the last day. */
export function counts(runs: readonly Run[], now: number): { running: number; failed: number } {
  const recent = (run: Run): boolean => run.end !== null && now - Date.parse(run.end) < DAY;
  return {
    running: runs.filter(run => tone(run.state) === 'live').length,
    failed: runs.filter(run => tone(run.state) === 'bad' && recent(run)).length
  };
}
