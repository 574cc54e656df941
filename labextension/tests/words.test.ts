import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedTo } from '../src/reader';
import type { Schedule } from '../src/wire';
import { absolute, duration, relative, schedule } from '../src/words';
import { reader } from './wire';

const { trans } = reader;

test('a length of time is told in its two largest units', () => {
  const table: [number, string][] = [
    [0, '0 s'],
    [0.04, '0.0 s'],
    [0.42, '0.4 s'],
    [9.1, '9.1 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [72.5, '1 min 13 s'],
    [3599.7, '1 h'],
    [7800, '2 h 10 min'],
    [100_800, '1 d 4 h'],
    [-0.5, '0.0 s']
  ];
  for (const [seconds, words] of table) {
    assert.equal(duration(seconds, trans), words);
  }
});

test('a time is told by its distance', () => {
  const table: [string, string][] = [
    ['2026-11-21T08:10:00+00:00', 'now'],
    ['2026-11-21T08:09:18+00:00', '42s ago'],
    ['2026-11-21T08:05:00+00:00', '5m ago'],
    ['2026-11-21T11:10:00+00:00', 'in 3h'],
    ['2026-11-20T08:00:00+00:00', '1d ago'],
    ['2026-11-22T23:50:00+00:00', 'in 1d'],
    ['2026-09-01T08:00:00+00:00', '2mo ago']
  ];
  for (const [time, words] of table) {
    assert.equal(relative(time, reader), words);
  }
});

test('a time in full is told in the time zone of the reader', () => {
  assert.match(absolute('2026-11-21T08:05:00+00:00', reader), /Saturday, November 21, 2026.*9:05:00/);
});

const ALWAYS: Schedule = {
  cron: null,
  interval: null,
  timezone: 'UTC',
  active: true,
  rrule: null,
  parameters: {}
};

test('a schedule is told in words', () => {
  const table: [Partial<Schedule>, string][] = [
    [{ interval: 20 }, 'Every 20 s'],
    [{ interval: 5400 }, 'Every 1 h 30 min'],
    [{ cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' }, 'At 06:00, Monday through Friday'],
    [{ cron: '30 1 1 * *' }, 'At 01:30, on day 1 of the month (UTC)'],
    [{ cron: 'not cron', timezone: 'Europe/Berlin' }, 'not cron']
  ];
  for (const [given, words] of table) {
    assert.equal(schedule({ ...ALWAYS, ...given }, reader), words);
  }
});

test('a page of Prefect is found where the browser reaches it', () => {
  const run = 'http://127.0.0.1:4200/runs/flow-run/7?tab=Logs';
  const table: [string, string | null, string | null][] = [
    ['', run, run],
    ['https://hub.example/prefect/', run, 'https://hub.example/prefect/runs/flow-run/7?tab=Logs'],
    ['https://hub.example', 'no address', 'no address'],
    ['https://hub.example', null, null]
  ];
  for (const [place, url, expected] of table) {
    assert.equal(movedTo(place, url), expected);
  }
});
