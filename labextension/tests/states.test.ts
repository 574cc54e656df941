import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tone } from '../src/states';

test('every state has a tone', () => {
  const table: [string, string][] = [
    ['Completed', 'good'],
    ['Rejected', 'bad'],
    ['TimedOut', 'bad'],
    ['Running', 'live'],
    ['Late', 'stopped'],
    ['Paused', 'paused'],
    ['Cancelled', 'stopped'],
    ['Scheduled', 'waiting'],
    ['Pending', 'waiting'],
    ['constructor', 'waiting']
  ];
  for (const [state, expected] of table) {
    assert.equal(tone(state), expected, state);
  }
});
