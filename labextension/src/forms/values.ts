import type { TranslationBundle } from '@jupyterlab/translation';
import type { Json, JsonObject, Parameter } from '../wire';

/** What stands in the fields of a form, as text, by the parameter's name. */
export type Texts = Readonly<Record<string, string>>;

/** The parameters that somebody can fill in: a secret's value never goes through a browser. */
export function fillable(parameters: readonly Parameter[]): Parameter[] {
  return parameters.filter(parameter => parameter.secret === null);
}

/** What stands in the fields before anybody types; `given` are values in place of the defaults. */
export function initialTexts(parameters: readonly Parameter[], given: JsonObject = {}): Texts {
  return Object.fromEntries(
    fillable(parameters).map(parameter => {
      const value = given[parameter.name];
      return [parameter.name, textOf(parameter, value === undefined ? parameter.value : value)];
    })
  );
}

/** The values of the fields that were changed, as JSON. */
export function changedValues(parameters: readonly Parameter[], texts: Texts, before: Texts): JsonObject {
  const changed = fillable(parameters).filter(({ name }) => texts[name] !== before[name]);
  return Object.fromEntries(changed.map(each => [each.name, valueOf(each, texts[each.name] ?? '')]));
}

/** What is wrong with the changed fields, as far as it can be seen here; the server sees the rest. */
export function wrongTexts(
  parameters: readonly Parameter[],
  texts: Texts,
  before: Texts,
  trans: TranslationBundle
): Record<string, string> {
  const changed = fillable(parameters).filter(({ name }) => texts[name] !== before[name]);
  const found = changed.map(
    each => [each.name, wrong(each, (texts[each.name] ?? '').trim(), trans)] as const
  );
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== null));
}

function textOf(parameter: Parameter, value: Json): string {
  if (parameter.kind === 'choice') {
    const place = (parameter.choices ?? []).findIndex(each => JSON.stringify(each) === JSON.stringify(value));
    return place < 0 ? '' : String(place);
  }
  if (value === null) {
    return '';
  }
  return parameter.kind === 'json' || typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function valueOf(parameter: Parameter, text: string): Json {
  const { kind, optional, choices } = parameter;
  if (kind === 'choice') {
    return choices?.[Number(text)] ?? null;
  }
  if (text.trim() === '' && (optional || kind !== 'text')) {
    return null;
  }
  switch (kind) {
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'number':
      return exactNumber(text.trim()) ?? text.trim();
    case 'json':
      return JSON.parse(text) as Json;
    case 'text':
      return text;
    default:
      return text.trim();
  }
}

/** A number that JSON and Python both read as it is written; null for what is too large, or has a name. */
function exactNumber(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : null;
}

function wrong(parameter: Parameter, text: string, trans: TranslationBundle): string | null {
  const { kind, optional } = parameter;
  if (text === '') {
    return optional || kind === 'text' ? null : trans.__('A value is needed.');
  }
  switch (kind) {
    case 'integer':
      return /^[+-]?\d+$/.test(text)
        ? outside(parameter, text, trans)
        : trans.__('A whole number is needed.');
    case 'number':
      return /^[+-]?(inf|infinity|nan)$/i.test(text) || !Number.isNaN(Number(text))
        ? outside(parameter, text, trans)
        : trans.__('A number is needed.');
    case 'date':
      return outside(parameter, text, trans);
    case 'json':
      return isJson(text) ? null : trans.__('JSON is needed, for example [1, 2] or {"a": true}.');
    default:
      return null;
  }
}

/** What a value outside of the parameter's range is told; the server sees bounds that are not allowed themselves. */
function outside(
  { minimum, maximum, kind }: Parameter,
  text: string,
  trans: TranslationBundle
): string | null {
  const order = (value: number | string) => (kind === 'date' ? Date.parse(String(value)) : Number(value));
  if (minimum !== null && order(text) < order(minimum)) {
    return trans.__('At least %1 is needed.', String(minimum));
  }
  return maximum !== null && order(text) > order(maximum)
    ? trans.__('At most %1 is possible.', String(maximum))
    : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
