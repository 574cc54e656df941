import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, draftOf, newDraft, scheduleOf } from '../src/forms/draft';
import type { Schedule } from '../src/wire';

function schedule(given: Partial<Schedule>): Schedule {
  return { cron: null, interval: null, rrule: null, timezone: 'UTC', active: true, parameters: {}, ...given };
}

test('a draft asks for the schedule that it shows', () => {
  const table: [Partial<Draft>, object][] = [
    [{ rhythm: 'every', count: '15', unit: 60 }, { interval: 900 }],
    [{ rhythm: 'daily', time: '06:05' }, { cron: '5 6 * * *' }],
    [{ rhythm: 'weekly', time: '18:30', weekdays: [5, 1] }, { cron: '30 18 * * 1,5' }],
    [{ rhythm: 'weekly', time: '06:00', weekdays: [1, 2, 3, 4, 5] }, { cron: '0 6 * * 1-5' }],
    [{ rhythm: 'weekly', time: '06:00', weekdays: [] }, { cron: '0 6 * * *' }],
    [{ rhythm: 'monthly', time: '00:00', day: '31' }, { cron: '0 0 31 * *' }],
    [{ rhythm: 'cron', cron: ' */5 * * * * ' }, { cron: '*/5 * * * *' }],
    [{ rhythm: 'rrule', rrule: 'FREQ=DAILY' }, { rrule: 'FREQ=DAILY' }]
  ];
  for (const [given, expected] of table) {
    const asked = scheduleOf({ ...newDraft('Europe/Berlin'), ...given });
    assert.deepEqual(asked, { ...expected, timezone: 'Europe/Berlin', active: true, parameters: {} });
  }
});

test('a schedule is shown in the simplest rhythm', () => {
  const table: [Partial<Schedule>, Partial<Draft>][] = [
    [{ interval: 7200 }, { rhythm: 'every', count: '2', unit: 3600 }],
    [{ interval: 90 }, { rhythm: 'every', count: '1.5', unit: 60 }],
    [{ cron: '0 6 * * *' }, { rhythm: 'daily', time: '06:00' }],
    [{ cron: '0 6 * * 1-5' }, { rhythm: 'weekly', weekdays: [1, 2, 3, 4, 5] }],
    [{ cron: '0 6 * * 5-7' }, { rhythm: 'weekly', weekdays: [5, 6, 0] }],
    [{ cron: '30 1 1 * *' }, { rhythm: 'monthly', day: '1', time: '01:30' }],
    [{ cron: '0 6 1 * 1' }, { rhythm: 'cron', cron: '0 6 1 * 1' }],
    [{ cron: '*/5 * * * *' }, { rhythm: 'cron', cron: '*/5 * * * *' }],
    [{ rrule: 'FREQ=DAILY' }, { rhythm: 'rrule', rrule: 'FREQ=DAILY' }]
  ];
  for (const [given, expected] of table) {
    const draft = draftOf(schedule(given));
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(draft[name as keyof Draft], value, JSON.stringify(given));
    }
  }
});

test('editing and keeping it as it is changes nothing but the way it is written', () => {
  for (const given of [
    { interval: 90 },
    { cron: '0 6 * * *' },
    { cron: '@daily' },
    { rrule: 'FREQ=DAILY' }
  ]) {
    const before = schedule({ ...given, parameters: { region: 'North' }, active: false });
    assert.deepEqual({ ...schedule({}), ...scheduleOf(draftOf(before)) }, before);
  }
});
