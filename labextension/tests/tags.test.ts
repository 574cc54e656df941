import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isName, read, toggleAfter, withRole, withoutOurs } from '../src/tags';

test('tags are read as roles and modifiers', () => {
  const table: [string[], string | null, string | null, string[], string[]][] = [
    [[], null, null, [], []],
    [['step:load'], 'step', 'load', [], []],
    [['block:load', 'prev:fetch'], 'step', 'load', ['fetch'], ['prev:fetch']],
    [['hide-input', 'imports'], 'setup', null, [], []],
    [['gate', 'after:a', 'after:b'], 'gate', null, ['a', 'b'], ['after:a', 'after:b']],
    [['pipeline-metrics', 'retries:3'], 'metrics', null, [], ['retries:3']],
    [['steps', 'afterwards', 'step'], null, null, [], []]
  ];
  for (const [tags, role, step, after, modifiers] of table) {
    assert.deepEqual(read(tags), { role, step, after, modifiers }, tags.join(' '));
  }
});

test('a new role takes the place of the old one, and nothing else changes', () => {
  const table: [string[], string | null, string[]][] = [
    [[], 'step:load', ['step:load']],
    [['hide-input'], 'gate', ['gate', 'hide-input']],
    [['hide-input', 'step:a', 'retries:3'], 'step:b', ['hide-input', 'step:b', 'retries:3']],
    [['metrics', 'gate'], 'skip', ['skip']],
    [['block:a', 'hide-input'], null, ['hide-input']]
  ];
  for (const [before, role, after] of table) {
    assert.deepEqual(withRole(before, role), after, before.join(' '));
  }
});

test('waiting for a step is set and taken back, also in the words of Kale', () => {
  assert.deepEqual(toggleAfter(['step:b'], 'a'), ['step:b', 'after:a']);
  assert.deepEqual(toggleAfter(['step:b', 'after:a'], 'a'), ['step:b']);
  assert.deepEqual(toggleAfter(['prev:a', 'after:c'], 'a'), ['after:c']);
});

test('taking all tags away leaves those of other tools', () => {
  assert.deepEqual(withoutOurs(['hide-input', 'step:a', 'keeps:df', 'after:b', 'mine:x']), [
    'hide-input',
    'mine:x'
  ]);
});

test('a name of a step is made of letters, digits, - and _', () => {
  const good = ['load', 'load-2', '2_load'];
  const bad = ['', '-load', 'load data', 'load:x', 'größe', '<b>'];
  assert.deepEqual(
    [...good, ...bad].map(name => isName(name)),
    [...good.map(() => true), ...bad.map(() => false)]
  );
});
