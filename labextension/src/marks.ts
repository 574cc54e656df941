import { type Role, SETUP, read } from './tags';

/** A cell of a notebook as far as its mark depends on it. */
export interface MarkedCell {
  readonly tags: readonly string[];
  /** Whether it is a code cell that holds anything. */
  readonly runs: boolean;
}

/** What stands at the left of a cell. */
export interface Mark {
  /** The step that the cell belongs to; null where it belongs to none. */
  readonly step: string | null;
  /** The cell's own role; null where it goes on with what stands above it. */
  readonly role: Role | null;
  readonly modifiers: readonly string[];
  /** Place of the step in the order of first use, from 0; null for cells of no step. */
  readonly colour: number | null;
}

/** The marks of a notebook's cells, null for cells without one; a notebook without tags has none at all. */
export function marks(cells: readonly MarkedCell[]): (Mark | null)[] {
  const meanings = cells.map(cell => (cell.runs ? read(cell.tags) : null));
  if (meanings.every(each => !each?.role)) {
    return cells.map(() => null);
  }
  const order = new Map<string, number>();
  let current = SETUP;
  return meanings.map(meaning => {
    if (meaning === null) {
      return null;
    }
    const { role, modifiers } = meaning;
    current = meaning.step ?? current;
    const step = stepOf(role, current);
    if (step !== null && !order.has(step)) {
      order.set(step, order.size);
    }
    return { step, role, modifiers, colour: step === null ? null : (order.get(step) ?? null) };
  });
}

/** The steps that `step:` tags name, in order of first use. */
export function stepNames(cells: readonly MarkedCell[]): string[] {
  const names = cells.map(cell => (cell.runs ? read(cell.tags).step : null));
  return [...new Set(names.filter(name => name !== null))];
}

/** The place of the cell that is called `number`, 0-based over all cells; null where there is none. */
export function placeOfCell(cells: readonly MarkedCell[], number: number): number | null {
  const places = [...cells.keys()].filter(place => cells[place]?.runs);
  return places[number - 1] ?? null;
}

function stepOf(role: Role | null, current: string): string | null {
  switch (role) {
    case 'skip':
      return null;
    case 'parameters':
    case 'setup':
      return SETUP;
    default:
      return current;
  }
}
