import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, freshLimit, refresh } from '../src/history';
import type { Run, RunPage } from '../src/wire';
import { wire } from './wire';

const [example] = wire('runs').runs;

function page(ids: string, next: string | null = null): RunPage {
  return { runs: Array.from(ids, id => ({ ...example, id }) as Run), next };
}

function ids({ runs }: RunPage): string {
  return runs.map(run => run.id).join('');
}

test('fresh runs stand before the older ones that were loaded', () => {
  const table: [string, RunPage, RunPage | null, string, string | null][] = [
    ['nothing known', page('cb', 'b'), null, 'cb', 'b'],
    ['nothing new', page('dc', 'c'), page('dcba', 'a'), 'dcba', 'a'],
    ['one new', page('ed', 'd'), page('dcba', 'a'), 'edcba', 'a'],
    ['a hole between them', page('zy', 'y'), page('dcba', 'a'), 'zy', 'y'],
    ['all there is', page('c'), page('cba', 'a'), 'c', null],
    ['none any more', page(''), page('cba', 'a'), '', null]
  ];
  for (const [what, fresh, known, expected, next] of table) {
    const shown = refresh(fresh, known);
    assert.equal(ids(shown), expected, what);
    assert.equal(shown.next, next, what);
  }
});

test('an older page is appended, without doubles', () => {
  const shown = append(page('edc', 'c'), page('cb', 'b'));
  assert.equal(ids(shown), 'edcb');
  assert.equal(shown.next, 'b');
});

test('every row on the screen is asked for anew, up to the limit of the server', () => {
  assert.equal(freshLimit(null), 25);
  assert.equal(freshLimit(page('abc')), 25);
  assert.equal(freshLimit(page('a'.repeat(60))), 60);
  assert.equal(freshLimit(page('a'.repeat(900))), 200);
});
