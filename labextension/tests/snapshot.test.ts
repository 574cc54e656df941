import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Transport, connect, fault as faultOf } from '../src/api';
import { UNKNOWN, look, lookBack } from '../src/snapshot';
import { wire } from './wire';

type Answers = Record<string, [status: number, body: unknown]>;

const ALL_WELL: Answers = {
  health: [200, wire('health')],
  'runs?limit=25': [200, wire('runs')],
  'deployments?history=20': [200, wire('deployments')]
};

/** A server that gives prepared answers, and notes what it was asked. */
function server(answers: Answers, asked: string[] = []): Transport {
  return path => {
    asked.push(path);
    const [status, body] = answers[path] ?? [404, null];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  };
}

test('a look brings runs, deployments and health', async () => {
  const step = await look(connect(server(ALL_WELL)), null);
  assert.deepEqual(step(UNKNOWN), {
    health: wire('health'),
    runs: wire('runs'),
    recent: wire('runs').runs,
    deployments: wire('deployments').deployments,
    fault: null
  });
});

test('where Prefect is away, nothing more is asked and what was known stays', async () => {
  const before = (await look(connect(server(ALL_WELL)), null))(UNKNOWN);
  const table = [
    ['prefect_missing', wire('health_missing')],
    ['prefect_unreachable', wire('health_unreachable')]
  ] as const;
  for (const [code, health] of table) {
    const asked: string[] = [];
    const step = await look(connect(server({ health: [200, health] }, asked)), before.runs);
    assert.deepEqual(step(before), {
      ...before,
      health,
      fault: faultOf(code, health.message ?? '')
    });
    assert.deepEqual(asked, ['health']);
  }
});

test('what goes wrong is a fault with the words of the server', async () => {
  const unreachable = wire('fault_unreachable');
  const table: [string, Transport, string, string][] = [
    [
      'a fault',
      server({ ...ALL_WELL, 'deployments?history=20': [502, unreachable] }),
      unreachable.code,
      unreachable.message
    ],
    ['something else', server({ health: [500, 'oops'] }), 'http_500', 'HTTP 500'],
    ['no server', () => Promise.reject(new TypeError('refused')), 'jupyter_unreachable', 'refused']
  ];
  for (const [what, transport, code, message] of table) {
    const { fault } = (await look(connect(transport), null))(UNKNOWN);
    assert.deepEqual(fault, faultOf(code, message), what);
  }
});

test('the next page is the one that the cursor of the last names', async () => {
  const runs = wire('runs');
  const cursor = runs.next ?? '';
  const path = `runs?cursor=${encodeURIComponent(cursor)}&limit=100`;
  const step = await lookBack(connect(server({ [path]: [200, wire('runs_empty')] })), cursor);
  assert.equal(step({ ...UNKNOWN, runs }).runs?.next, null);
  assert.deepEqual(step({ ...UNKNOWN, runs: { ...runs, next: 'moved on' } }).runs?.next, 'moved on');
});
