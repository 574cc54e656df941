import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { renderToStaticMarkup as html } from 'react-dom/server';
import { ComparePage } from '../src/compare/view';
import { type CurrentState } from '../src/pipeline/current';
import { PipelineSection } from '../src/pipeline/section';
import { EMPTY, append } from '../src/run/log';
import { RunPage } from '../src/run/view';
import { reader, wire } from './wire';

const commands = {
  isEnabled: () => true,
  caption: () => '',
  label: (id: string) => id
} as unknown as CommandRegistry;

const text = (markup: string): string => markup.replace(/<[^>]*>/g, '|').replace(/\|+/g, '|');

type RunName = 'run_running' | 'run_completed' | 'run_failed' | 'run_resumed' | 'run_elsewhere';

function run(name: RunName): string {
  const state = { view: wire(name), log: append(EMPTY, wire('logs')), fault: null };
  return html(<RunPage state={state} commands={commands} colours={[]} reader={reader} />);
}

type NotebookName = 'pipeline' | 'pipeline_broken' | 'pipeline_none' | 'pipeline_untagged';

function notebook(name: NotebookName, more: Partial<CurrentState> = {}): string {
  const state = { path: 'a/churn.ipynb', view: wire(name), live: null, dirty: false, fault: null, ...more };
  return html(
    <PipelineSection
      state={state}
      commands={commands}
      colours={[]}
      reader={reader}
      onCell={() => undefined}
    />
  );
}

test('a run shows how it stands, its steps, what it was given, and its log', () => {
  const shown = text(run('run_running'));
  assert.match(shown, /tumour_classifier\|.*amber-fox\|.*Running.*30 s.*by hand.*version 5d41402/);
  assert.match(shown, /forest\|.*0 of 1/);
  assert.match(shown, /cell 5, 0 of 1/);
  assert.match(shown, /trees\|100\|given/);
  assert.match(shown, /569 rows/);
  assert.match(shown, /cancel-run/);
  assert.doesNotMatch(shown, /retry-run|resume-run|open-executed|open-report/);
});

test('a failed run leads to its cell, and says what happened there', () => {
  const shown = text(run('run_failed'));
  assert.match(shown, /Step &quot;fit&quot;, cell 4, line 3: ValueError: endog is empty/);
  assert.match(shown, /Go to cell 4, line 3/);
  assert.match(shown, /Traceback/);
  assert.match(shown, /open-executed-notebook\|.*open-report\|.*retry-run\|.*resume-run/);
  assert.doesNotMatch(run('run_failed'), / disabled=""/);
});

test('a run that cannot be resumed says why', () => {
  const why = 'What pale-newt left is not on this machine. Run its notebook again.';
  const shown = run('run_elsewhere');
  assert.match(shown, new RegExp(`disabled="" title="${why}">nb2ops:resume-run`));
  assert.ok(text(shown).includes(`It cannot be resumed. ${why}`));
});

test('a step that did not run leads to the run that computed it', () => {
  const shown = text(run('run_resumed'));
  assert.match(shown, /setup\|.*cached\|.*setup\|cached\|?, \|?from run brisk-lark\|/);
  assert.doesNotMatch(shown, /resume-run|cannot be resumed/);
});

test('a run that is over shows its metrics and gates', () => {
  const shown = text(run('run_completed'));
  assert.match(shown, /Metrics\|.*auc\|0\.9937/);
  assert.match(shown, /Gates\|.*passed/);
  assert.match(shown, /Artifacts\|tumour-classifier-metrics\|markdown\|Metrics and quality gates/);
});

test('a notebook shows its steps, what is wrong with it, and what can be done', () => {
  assert.match(
    text(notebook('pipeline')),
    /run-notebook\|.*churn\.ipynb\|.*setup\| 2 cells\|.*compare\| 3 cells/
  );
  assert.match(text(notebook('pipeline_broken')), /Error · NB101 · cell 3, line 2\|is not valid Python/);
  assert.match(text(notebook('pipeline_none')), /NB003.*ends too early.*restore it/);
  assert.match(text(notebook('pipeline_untagged')), /the notebook is one step.*suggest-steps/);
  assert.match(text(notebook('pipeline', { path: null, view: null })), /Open a notebook/);
  assert.match(text(notebook('pipeline', { dirty: true })), /Changed since it was saved/);
});

test('while a run goes on, the steps of its notebook show how far they are', () => {
  const shown = text(notebook('pipeline', { live: wire('run_running') }));
  assert.match(shown, /forest\|.*0 of 1\|/);
  assert.match(shown, /Running: show/);
});

test('two runs are told apart by what they were given, what came out and which cells differ', () => {
  const page = (
    <ComparePage comparison={wire('compare')} show={outputs => JSON.stringify(outputs)} reader={reader} />
  );
  const shown = text(html(page));
  assert.match(shown, /trees\|50\|100/);
  assert.match(shown, /auc\|0\.75\|0\.9937\|\+0\.2437/);
  assert.match(shown, /forest\|30 s\|1 min 6 s/);
  assert.match(shown, /scikit-learn\|1\.5\.0\|1\.5\.2/);
  assert.match(shown, /2 cells differ\|.*Cell 5 · forest · code changed.*50 trees.*100 trees/);
  assert.match(shown, /only in the second/);
  assert.match(shown, /its record is not on this machine/);
});

test('names, logs and tracebacks from elsewhere are text, never markup', () => {
  const shown = (['run_running', 'run_failed', 'run_elsewhere'] as const).map(run).join('');
  assert.doesNotMatch(shown, /<img|<script|<b>|href="javascript/);
  assert.match(shown, /&lt;img src=x onerror=alert\(1\)&gt;/);
});
