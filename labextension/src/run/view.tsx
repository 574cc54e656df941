import * as React from 'react';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import { Dag } from '../pipeline/dag';
import { runStepsOf, waits } from '../pipeline/steps';
import type { Reader } from '../reader';
import { Notice } from '../sidebar/notice';
import { Away, CommandButton, Facts, Moment, Sign } from '../sidebar/parts';
import type { RunView } from '../wire';
import { cause, duration } from '../words';
import { FailureNote } from './failure';
import { LogView } from './logview';
import type { RunState } from './model';
import { Artifacts, Gates, Metrics, Parameters } from './results';
import { Timeline } from './timelineview';

interface IProps {
  readonly state: RunState;
  readonly commands: CommandRegistry;
  readonly colours: readonly string[];
  readonly reader: Reader;
}

/** One run: how it stands, its steps as graph and on the axis of time, what came out, and its log. */
export function RunPage({ state, commands, colours, reader }: IProps): React.JSX.Element {
  const { view, log, fault } = state;
  const { trans } = reader;
  return (
    <div className="nb2ops-Run">
      {fault && <Notice fault={fault} trans={trans} />}
      {!view && !fault && <p className="nb2ops-Empty">{trans.__('Looking…')}</p>}
      {view && (
        <>
          <Head view={view} commands={commands} reader={reader} />
          <FailureNote view={view} commands={commands} trans={trans} />
          {view.warnings.map(warning => (
            <p key={warning} className="nb2ops-Missing">
              {warning}
            </p>
          ))}
          <div className="nb2ops-Run-sides">
            <section aria-label={trans.__('Steps')}>
              <Dag
                label={trans.__('Steps')}
                steps={runStepsOf(view, trans)}
                edges={view.edges}
                colours={colours}
                waits={edge => waits(edge, trans)}
                onStep={step => void commands.execute(Commands.goToStep, { id: view.run.id, step })}
              />
            </section>
            <div className="nb2ops-Run-results">
              <Timeline view={view} commands={commands} reader={reader} />
              <Gates gates={view.gates} trans={trans} />
              <Metrics metrics={view.metrics} trans={trans} />
              <Parameters parameters={view.parameters} trans={trans} />
              <Artifacts artifacts={view.artifacts} reader={reader} />
            </div>
          </div>
          <LogView log={log} steps={view.steps.map(step => step.name)} reader={reader} />
        </>
      )}
    </div>
  );
}

function Head(props: {
  readonly view: RunView;
  readonly commands: CommandRegistry;
  readonly reader: Reader;
}): React.JSX.Element {
  const { view, commands, reader } = props;
  const { run, attempts } = view;
  const { trans } = reader;
  const args = { id: run.id };
  const began = run.start ?? run.expected;
  return (
    <header className="nb2ops-Run-head">
      <h2>
        <Sign state={run.state} />{' '}
        <Away url={reader.page(run.url)} title={trans.__("Open Prefect's page of this run")}>
          {run.flow}
        </Away>{' '}
        <small>{run.name}</small>
      </h2>
      <div role="status">
        <Facts
          facts={[
            <strong key="state">{run.state}</strong>,
            run.seconds !== null && duration(run.seconds, trans),
            cause(run, trans),
            began && <Moment time={began} reader={reader} />,
            run.deployment !== null && trans.__('deployment %1', run.deployment),
            attempts > 1 && trans.__('try %1', attempts),
            run.version !== null && (
              <span title={run.version}>{trans.__('version %1', run.version.slice(0, 7))}</span>
            )
          ]}
        />
      </div>
      <div className="nb2ops-Buttons">
        {view.has_notebook && (
          <CommandButton commands={commands} id={Commands.openExecuted} args={args} primary />
        )}
        {view.has_notebook && <CommandButton commands={commands} id={Commands.openReport} args={args} />}
        {view.actions.cancel && <CommandButton commands={commands} id={Commands.cancelRun} args={args} />}
        {view.actions.retry && <CommandButton commands={commands} id={Commands.retryRun} args={args} />}
        {(view.actions.resume || view.obstacle !== null) && (
          <CommandButton commands={commands} id={Commands.resumeRun} args={args} obstacle={view.obstacle} />
        )}
        <CommandButton commands={commands} id={Commands.compareRuns} args={args} />
      </div>
      {view.obstacle !== null && (
        <p className="nb2ops-Facts">{trans.__('It cannot be resumed. %1', view.obstacle)}</p>
      )}
    </header>
  );
}
