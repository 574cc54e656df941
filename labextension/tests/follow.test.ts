import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counts } from '../src/around/counts';
import { EMPTY, MOST, append, wanted } from '../src/run/log';
import { bars } from '../src/run/timeline';
import { DEFAULTS, readSettings } from '../src/settings';
import { reader, wire } from './wire';

test('a log goes on where it ended, and lets the oldest lines go', () => {
  const page = wire('logs');
  const once = append(EMPTY, page);
  assert.deepEqual([once.lines.length, once.next, once.ended], [3, page.next, false]);
  const ended = append(once, { ...wire('logs_empty'), next: null, more: false, over: true });
  assert.deepEqual([ended.lines.length, ended.next, ended.ended], [3, page.next, true]);
  const lines = Array.from({ length: MOST }, () => page.lines[0]).filter(line => line !== undefined);
  const long = append(once, { ...page, lines });
  assert.deepEqual([long.lines.length, long.dropped], [MOST, 3]);
});

test('a log is searched in any case of letters, and by step', () => {
  const { lines } = wire('logs');
  const table: [string, string, number][] = [
    ['', '', 3],
    ['ROWS', '', 1],
    ['', 'load', 2],
    ['javascript', 'load', 0]
  ];
  for (const [text, step, count] of table) {
    assert.equal(wanted(lines, text, step).length, count, `${text} ${step}`);
  }
});

test('a bar is as long as its step, as a share of the run', () => {
  const { steps } = wire('run_running');
  const found = bars(steps, Date.parse('2026-11-21T08:10:00+00:00'));
  assert.deepEqual(
    found.map(bar => [bar.step.name, Math.round(bar.from * 100), Math.round(bar.length * 100)]),
    [
      ['setup', 0, 7],
      ['load', 7, 3],
      ['forest', 10, 90],
      ['logistic', 10, 7]
    ]
  );
});

test('the status bar counts what goes on, and what failed within a day', () => {
  const { runs } = wire('runs');
  assert.deepEqual(counts(runs, reader.now), { running: 1, failed: 3 });
  assert.deepEqual(counts(runs, reader.now + 3 * 86_400_000), { running: 1, failed: 0 });
});

test('settings that do not fit are as if they were not there', () => {
  assert.deepEqual(readSettings({}), DEFAULTS);
  assert.deepEqual(readSettings({ polling: 0, colours: 'red', saveAfterTagging: 1 }), DEFAULTS);
  assert.equal(readSettings({ prefectPages: 'javascript:alert(1)' }).prefectPages, '');
  const chosen = {
    polling: 20,
    colours: ['red', 'var(--jp-brand-color1)'],
    saveAfterTagging: false,
    prefectPages: 'https://hub.example/prefect'
  };
  assert.deepEqual(readSettings(chosen), chosen);
});
