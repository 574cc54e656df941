import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as React from 'react';
import { renderToStaticMarkup as html } from 'react-dom/server';
import { fault } from '../src/api';
import type { CommandRegistry } from '@lumino/commands';
import { DetailsView, lineOf } from '../src/deployments/details';
import { Deployments } from '../src/deployments/list';
import { UNKNOWN } from '../src/snapshot';
import { Notice } from '../src/sidebar/notice';
import { Runs, actions } from '../src/sidebar/runs';
import { reader, wire } from './wire';

const commands = {
  isEnabled: () => true,
  caption: () => '',
  label: (id: string) => id
} as unknown as CommandRegistry;
const menu = (): void => undefined;
const watch = { filter: {}, older: () => Promise.resolve(), snapshot: UNKNOWN };

const runs = (name: 'runs' | 'runs_empty'): string =>
  html(
    <Runs
      page={wire(name)}
      deployments={[]}
      isKnown
      watch={watch}
      commands={commands}
      menu={menu}
      reader={reader}
    />
  );
const deployments = (name: 'deployments' | 'deployments_empty'): string =>
  html(
    <Deployments
      deployments={wire(name).deployments}
      commands={commands}
      menu={menu}
      isLocal={false}
      look={() => Promise.resolve(wire('deployment'))}
      reader={reader}
    />
  );
const text = (markup: string): string =>
  markup.replace(/<\/(p|div|li|span|code|button)>/g, '|').replace(/<[^>]*>/g, '');

test('a run shows notebook, state, start, duration and cause', () => {
  const shown = text(runs('runs'));
  assert.match(shown, /sales_report.*Late.*scheduled/);
  assert.match(shown, /tumour_classifier.*30.*ago.*Running.*30 s.*by hand/);
  assert.match(shown, /Rejected.*9\.1 s.*Gate in step &quot;compare&quot;, cell 9, line 2/);
  assert.match(shown, /Show older runs/);
});

test('the menu of a run offers what makes sense in its state', () => {
  const ended = '2026-11-21T08:00:00+00:00';
  const table: [string, string | null, string][] = [
    ['Running', null, 'cancel-run'],
    ['Scheduled', null, 'cancel-run'],
    ['Completed', ended, 'open-executed-notebook retry-run'],
    ['Failed', ended, 'open-executed-notebook retry-run resume-run'],
    ['Cancelled', ended, 'open-executed-notebook retry-run resume-run']
  ];
  for (const [state, end, between] of table) {
    const shown = actions({ state, end }).map(each => each.replace('nb2ops:', ''));
    assert.equal(shown.join(' '), `open-run ${between} compare-runs`, state);
  }
});

test('a deployment shows schedule, next run, last run and workers', () => {
  const shown = text(deployments('deployments'));
  assert.match(
    shown,
    /co2_forecast.*At 06:00, Monday through Friday.*Next in 1d.*1 worker online.*Last.*Failed.*2h ago/
  );
  assert.match(shown, /When data\/\*\.csv changes.*Failures to webhook hooks\.example/);
  assert.match(shown, /nightly.*Paused.*No schedule/);
  assert.match(shown, /sales_report.*Every 20 s.*At 01:30.*No worker online for pool cluster/);
});

test('the details of a deployment show how its metrics went and what it does with late runs', () => {
  const shown = html(<DetailsView view={wire('deployment')} reader={reader} />);
  assert.match(shown, /aria-label="error of the last runs, oldest first: 1\.25, 1\.5"/);
  assert.match(
    text(shown),
    /1\.5\|.*of late runs the latest runs; a run that comes while one is going is skipped/
  );
  assert.match(text(shown), /data\/\*\.csv, settled for 2 min.*Failures to.*webhook hooks\.example/);
  assert.match(text(shown), /Monday 23 November 2026|Monday, November 23, 2026/);
});

test('a line goes through values from left to right, the largest at the top', () => {
  assert.equal(lineOf([1, 3, 2]), '0.0,20.0 50.0,0.0 100.0,10.0');
  assert.equal(lineOf([5]), '0.0,10.0');
  assert.equal(lineOf([5, 5]), '0.0,10.0 100.0,10.0');
});

test('an empty section says what to do first', () => {
  assert.match(text(runs('runs_empty')), /No runs yet.*Run this notebook/);
  assert.match(text(deployments('deployments_empty')), /No deployments yet.*Deploy this notebook/);
});

test('Prefect being away says what to do', () => {
  const notice = (code: string, message: string): string =>
    text(html(<Notice fault={fault(code, message)} trans={reader.trans} />));
  assert.match(notice('prefect_missing', ''), /Prefect is not running.*nb2ops up/);
  const { message } = wire('health_unreachable');
  assert.match(notice('prefect_unreachable', message ?? ''), /Prefect does not answer.*Start that server/);
});

test('names, messages and addresses from elsewhere are text, never markup', () => {
  const shown = runs('runs') + deployments('deployments');
  assert.doesNotMatch(shown, /<img|<script|<b>|href="javascript/);
  assert.match(shown, /&lt;img src=x onerror=alert\(1\)&gt;/);
});
