import type { RunPage } from './wire';

/** Rows of one page, and the most that the server gives at once. */
export const PAGE = 25;
const LARGEST_PAGE = 200;
/** Rows of a page of older runs. */
export const OLDER = 100;

/** How many runs to ask for so that every row on the screen is fresh, where the server allows it. */
export function freshLimit(known: RunPage | null): number {
  const shown = known?.runs.length ?? 0;
  return Math.min(Math.max(shown, PAGE), LARGEST_PAGE);
}

/**
 * The newest runs, followed by the older ones that were loaded before.
 *
 * Where the two do not meet (more runs began meanwhile than a page holds), the older ones are let
 * go: a list with a hole in it would lie.
 */
export function refresh(fresh: RunPage, known: RunPage | null): RunPage {
  const last = fresh.runs.at(-1);
  const seam = known?.runs.findIndex(run => run.id === last?.id) ?? -1;
  if (!known || fresh.next === null || seam < 0) {
    return fresh;
  }
  return extend({ ...fresh, next: known.next }, known.runs.slice(seam + 1));
}

/** The known runs, followed by the page that their cursor led to. */
export function append(known: RunPage, older: RunPage): RunPage {
  return extend({ ...known, next: older.next }, older.runs);
}

function extend(page: RunPage, older: RunPage['runs']): RunPage {
  const seen = new Set(page.runs.map(run => run.id));
  return { ...page, runs: [...page.runs, ...older.filter(run => !seen.has(run.id))] };
}
