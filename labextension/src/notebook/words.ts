import type { TranslationBundle } from '@jupyterlab/translation';
import type { Mark } from '../marks';
import type { Role } from '../tags';

/** What a mark says: the name of the step (or what the cell is instead), and small print. */
export function markWords(mark: Mark, trans: TranslationBundle): [name: string, rest: string] {
  const { role, step, modifiers } = mark;
  const rest = modifiers.join(' ');
  if (role === null || role === 'step') {
    return [step ?? '', rest];
  }
  const own = roleName(role, trans).toLowerCase();
  const belongs = role === 'metrics' || role === 'gate';
  return belongs ? [step ?? '', [own, rest].join(' ').trim()] : [own, rest];
}

export function roleName(role: Role, trans: TranslationBundle): string {
  switch (role) {
    case 'parameters':
      return trans.__('Parameters');
    case 'setup':
      return trans.__('Setup');
    case 'step':
      return trans.__('Step');
    case 'metrics':
      return trans.__('Metrics');
    case 'gate':
      return trans.__('Gate');
    case 'skip':
      return trans.__('Skip');
  }
}

/** The roles that a menu offers beside steps. */
export const ROLES: readonly Role[] = ['parameters', 'setup', 'metrics', 'gate', 'skip'];

export function asRole(value: unknown): Role | null {
  return ROLES.find(role => role === value) ?? null;
}
