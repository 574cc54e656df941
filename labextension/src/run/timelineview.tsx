import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import { progress } from '../pipeline/steps';
import type { Reader } from '../reader';
import { tone } from '../states';
import type { RunStep, RunView } from '../wire';
import { bars } from './timeline';

/** The steps on the axis of time, one bar each; of a step that goes on also the cell that runs. */
export function Timeline({
  view,
  commands,
  reader
}: {
  readonly view: RunView;
  readonly commands: CommandRegistry;
  readonly reader: Reader;
}): React.JSX.Element {
  const { trans } = reader;
  return (
    <section className="nb2ops-Timeline" aria-label={trans.__('Timeline')}>
      <ul>
        {bars(view.steps, reader.now).map(({ step, from, length }) => (
          <li key={step.name}>
            <span className="nb2ops-Timeline-name" title={step.name}>
              {step.name}
            </span>
            <span className="nb2ops-Timeline-track">
              <span
                className={`nb2ops-mod-${tone(step.state)}`}
                style={{ left: `${from * 100}%`, width: `max(2px, ${length * 100}%)` }}
              />
            </span>
            <span className="nb2ops-Timeline-facts">
              {step.cell === null
                ? progress(step, trans)
                : trans.__('cell %1, %2', step.cell.cell, progress(step, trans))}
              {step.computed_by && <ComputedBy run={step.computed_by} commands={commands} trans={trans} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The way to the run whose result stands in for a step. */
function ComputedBy(props: {
  readonly run: NonNullable<RunStep['computed_by']>;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, commands, trans } = props;
  const { id, name } = run;
  return (
    <>
      {', '}
      {id === null ? (
        trans.__('from run %1', name)
      ) : (
        <button
          className="nb2ops-Link nb2ops-mod-away"
          onClick={() => void commands.execute(Commands.openRun, { id })}
        >
          {trans.__('from run %1', name)}
        </button>
      )}
    </>
  );
}
