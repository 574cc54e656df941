import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MarkedCell, marks, placeOfCell, stepNames } from '../src/marks';

/** Code cells from their tags; null is a cell that does not run. */
function cells(...tags: (string | null)[]): MarkedCell[] {
  return tags.map(each => ({ tags: each ? each.split(' ') : [], runs: each !== null }));
}

/** "step colour", with brackets where the cell goes on with what stands above it. */
function shown(given: readonly MarkedCell[]): (string | null)[] {
  return marks(given).map(mark => {
    if (mark === null) {
      return null;
    }
    const text = `${mark.step ?? 'none'} ${mark.colour ?? '-'}`;
    return mark.role === null ? `(${text})` : text;
  });
}

test('every cell belongs to the last step above it', () => {
  const table: [string, (string | null)[], (string | null)[]][] = [
    ['no tags, no marks', ['', null, 'hide-input'], [null, null, null]],
    ['setup comes first', ['', 'step:a', ''], ['(setup 0)', 'a 1', '(a 1)']],
    ['text has no mark', [null, 'step:a', null, ''], [null, 'a 0', null, '(a 0)']],
    ['a cell after skip goes on', ['step:a', 'skip', ''], ['a 0', 'none -', '(a 0)']],
    ['setup does not end a step', ['step:a', 'imports', ''], ['a 0', 'setup 1', '(a 0)']],
    ['metrics and gates belong to a step', ['step:a', 'metrics', 'gate after:b'], ['a 0', 'a 0', 'a 0']],
    ['colours are in order of first use', ['step:b', 'step:a', 'step:b'], ['b 0', 'a 1', 'b 0']],
    ['tags on text say nothing', [null, ''], [null, null]]
  ];
  for (const [what, given, expected] of table) {
    assert.deepEqual(shown(cells(...given)), expected, what);
  }
  assert.deepEqual(marks([{ tags: ['step:a'], runs: false }]), [null]);
});

test('steps are named in order of first use', () => {
  assert.deepEqual(stepNames(cells('step:b', 'gate', 'block:a', 'step:b')), ['b', 'a']);
});

test('cell N is the Nth that runs', () => {
  const given = cells(null, '', null, '');
  assert.deepEqual(
    [0, 1, 2, 3].map(number => placeOfCell(given, number)),
    [null, 1, 3, null]
  );
});
