/**
 * The grammar of tags (nb2ops/model says it in full), as far as a menu and a label need it.
 * Tags of other tools, and modifiers that the menu does not know, are left where they are.
 */

export type Role = 'parameters' | 'setup' | 'step' | 'metrics' | 'gate' | 'skip';

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['parameters', 'parameters'],
  ['pipeline-parameters', 'parameters'],
  ['imports', 'setup'],
  ['functions', 'setup'],
  ['setup', 'setup'],
  ['skip', 'skip'],
  ['metrics', 'metrics'],
  ['pipeline-metrics', 'metrics'],
  ['gate', 'gate']
]);
const MODIFIERS = ['after', 'prev', 'retries', 'retry-delay', 'timeout', 'memory', 'cache', 'keeps'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** The step of all that stands before the first one. */
export const SETUP = 'setup';

/** What the tags of one cell say. */
export interface Meaning {
  readonly role: Role | null;
  /** The name in a `step:` tag. */
  readonly step: string | null;
  /** The names in `after:` tags. */
  readonly after: readonly string[];
  /** All modifiers as they are written. */
  readonly modifiers: readonly string[];
}

/** Whether a step may have this name. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

export function read(tags: readonly string[]): Meaning {
  const role = tags.find(tag => roleOf(tag) !== null);
  const after = tags.filter(tag => isAfter(tag)).map(valueOf);
  return {
    role: role === undefined ? null : roleOf(role),
    step: role !== undefined && roleOf(role) === 'step' ? valueOf(role) : null,
    after,
    modifiers: tags.filter(tag => MODIFIERS.includes(keyOf(tag)))
  };
}

/** The tags with another role (`"step:load"`, `"gate"`, ...) in the place of the old one; null takes it away. */
export function withRole(tags: readonly string[], role: string | null): string[] {
  const place = tags.findIndex(tag => roleOf(tag) !== null);
  const others = tags.filter(tag => roleOf(tag) === null);
  return role === null
    ? others
    : [...others.slice(0, Math.max(place, 0)), role, ...others.slice(Math.max(place, 0))];
}

/** The tags with `after:` taken away where it is there, and set where it is not. */
export function toggleAfter(tags: readonly string[], step: string): string[] {
  const others = tags.filter(tag => !(isAfter(tag) && valueOf(tag) === step));
  return others.length < tags.length ? others : [...others, `after:${step}`];
}

/** The tags without anything of ours. */
export function withoutOurs(tags: readonly string[]): string[] {
  return tags.filter(tag => roleOf(tag) === null && !MODIFIERS.includes(keyOf(tag)));
}

function roleOf(tag: string): Role | null {
  return ROLES.get(tag) ?? (['step', 'block'].includes(keyOf(tag)) ? 'step' : null);
}

function isAfter(tag: string): boolean {
  return ['after', 'prev'].includes(keyOf(tag));
}

/** What stands before the colon; of a tag without one nothing. */
function keyOf(tag: string): string {
  return tag.slice(0, Math.max(tag.indexOf(':'), 0));
}

function valueOf(tag: string): string {
  return tag.slice(tag.indexOf(':') + 1);
}
