import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedValues, fillable, initialTexts, wrongTexts } from '../src/forms/values';
import type { Json, Parameter, ParameterKind } from '../src/wire';
import { reader, wire } from './wire';

const [example = {} as Parameter] = wire('deployment').takes;

function parameter(kind: ParameterKind, value: Json, more: Partial<Parameter> = {}): Parameter {
  return {
    ...example,
    name: 'x',
    secret: null,
    optional: false,
    choices: null,
    minimum: null,
    maximum: null,
    kind,
    value,
    ...more
  };
}

const sizes = { choices: ['small', 2, null], kind: 'choice' } as const;

test('a field shows the default, or the value given in its place', () => {
  const table: [Parameter, Json | undefined, string][] = [
    [parameter('integer', 3), undefined, '3'],
    [parameter('integer', 3), 4, '4'],
    [parameter('number', 0.5), undefined, '0.5'],
    [parameter('boolean', false), undefined, 'false'],
    [parameter('json', [1, 'a']), undefined, '[1,"a"]'],
    [parameter('json', 'text'), undefined, '"text"'],
    [parameter('date', '2026-11-21'), undefined, '2026-11-21'],
    [parameter('text', null, { optional: true }), undefined, ''],
    [parameter('choice', 2, sizes), undefined, '1'],
    [parameter('choice', null, sizes), undefined, '2']
  ];
  for (const [each, given, text] of table) {
    assert.deepEqual(initialTexts([each], given === undefined ? {} : { x: given }), { x: text });
  }
});

test('what was typed becomes JSON; what was not touched is left out', () => {
  const table: [Parameter, string, Json | undefined][] = [
    [parameter('integer', 3), '3', undefined],
    [parameter('integer', 3), ' 4 ', 4],
    [parameter('integer', 3), '202402144809161001040', '202402144809161001040'],
    [parameter('number', 1), '1e-3', 0.001],
    [parameter('number', 1), 'inf', 'inf'],
    [parameter('boolean', true), 'false', false],
    [parameter('text', 'a'), '', ''],
    [parameter('text', 'a', { optional: true }), '', null],
    [parameter('text', 'a'), ' 5 ', ' 5 '],
    [parameter('json', []), '{"a": [1]}', { a: [1] }],
    [parameter('choice', 2, sizes), '0', 'small'],
    [parameter('date', '2026-11-21'), '2026-01-02', '2026-01-02']
  ];
  for (const [each, text, value] of table) {
    const changed = changedValues([each], { x: text }, initialTexts([each]));
    assert.deepEqual(changed, value === undefined ? {} : { x: value }, text);
  }
});

test('what cannot be right is said beside its field', () => {
  const table: [Parameter, string, RegExp | null][] = [
    [parameter('integer', 3), '4.5', /whole number/],
    [parameter('integer', 3), '-4', null],
    [parameter('integer', 3), '', /needed/],
    [parameter('integer', 3, { optional: true }), '', null],
    [parameter('number', 3), 'many', /A number/],
    [parameter('number', 3), '-Infinity', null],
    [parameter('integer', 3, { minimum: 1, maximum: 10 }), '0', /At least 1/],
    [parameter('integer', 3, { minimum: 1, maximum: 10 }), '10', null],
    [parameter('number', 0.5, { maximum: 1 }), '1.5', /At most 1/],
    [parameter('number', 0.5, { maximum: 1 }), 'inf', null], // the server reads names of numbers
    [parameter('number', 0.5, { maximum: 1 }), '-2', null],
    [parameter('date', '2026-11-21', { minimum: '2026-01-01' }), '2025-12-31', /At least 2026-01-01/],
    [parameter('json', 3), '{a}', /JSON/],
    [parameter('text', 'a'), '', null]
  ];
  for (const [each, text, told] of table) {
    const found = wrongTexts([each], { x: text }, initialTexts([each]), reader.trans);
    assert.equal(told === null, found.x === undefined, text);
    assert.match(found.x ?? '', told ?? /^$/);
  }
});

test('nobody is asked for a secret', () => {
  const secret = parameter('text', null, { secret: 'db-password' });
  assert.deepEqual(fillable([secret]), []);
  assert.deepEqual(initialTexts([secret]), {});
});
