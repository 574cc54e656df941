import type { TranslationBundle } from '@jupyterlab/translation';
import type { Edge, Pipeline, RunStep, RunView, Step } from '../wire';
import { duration } from '../words';
import type { DagStep } from './dag';

/** The steps of a pipeline for its graph, with their progress where a run of it goes on. */
export function stepsOf(pipeline: Pipeline, live: RunView | null, trans: TranslationBundle): DagStep[] {
  const running = new Map(live?.steps.map(step => [step.name, step]));
  return pipeline.steps.map(step => {
    const run = running.get(step.name);
    const joined = pipeline.joined.find(each => each.steps.includes(step.name));
    const facts = run ? progress(run, trans) : trans._n('%1 cell', '%1 cells', step.cells.length);
    return {
      name: step.name,
      facts: joined ? trans.__('%1, joined', facts) : facts,
      details: details(step, joined?.reasons.map(reason => reason.text) ?? [], trans),
      state: run?.state ?? null
    };
  });
}

/** The steps of a run for its graph. */
export function runStepsOf(view: RunView, trans: TranslationBundle): DagStep[] {
  return view.steps.map(step => ({
    name: step.name,
    facts: step.joined.length ? trans.__('%1, joined', progress(step, trans)) : progress(step, trans),
    details: [`${step.name}: ${step.state}`, ...message(step, trans), ...step.warnings],
    state: step.state
  }));
}

function message({ message, computed_by: earlier }: RunStep, trans: TranslationBundle): string[] {
  if (earlier !== null) {
    return [trans.__('Did not run: its result is that of run %1.', earlier.name)];
  }
  return message === null ? [] : [message];
}

/** How far a step is: cells while it runs, its time once it is over. */
export function progress(step: RunStep, trans: TranslationBundle): string {
  if (step.computed_by !== null) {
    return trans.__('cached');
  }
  if (step.state === 'NotRun') {
    return trans.__('not run');
  }
  if (step.end !== null && step.seconds !== null) {
    return duration(step.seconds, trans);
  }
  return step.total === null ? step.state : trans.__('%1 of %2', step.done, step.total);
}

/** Which step waits for which. */
export function waits({ upstream, downstream }: Edge, trans: TranslationBundle): string {
  return trans.__('%1 waits for %2:', downstream, upstream);
}

function details(step: Step, joined: readonly string[], trans: TranslationBundle): string[] {
  const { modifiers } = step;
  const cells = step.cells.map(each => each.cell).join(', ');
  const said = [
    modifiers.after.length ? trans.__('waits for %1 because a tag says so', modifiers.after.join(', ')) : '',
    modifiers.retries === null ? '' : trans.__('tried again %1 times', modifiers.retries),
    modifiers.timeout === null ? '' : trans.__('at most %1', duration(modifiers.timeout, trans))
  ].filter(text => text !== '');
  return [
    trans.__('%1: cells %2', step.name, cells),
    ...said,
    ...(joined.length ? [trans.__('Joined: runs in one kernel with others.'), ...joined] : [])
  ];
}
