import * as React from 'react';
import { progress } from '../pipeline/steps';
import type { Reader } from '../reader';
import { tone } from '../states';
import type { RunView } from '../wire';
import { bars } from './timeline';

/** The steps on the axis of time, one bar each; of a step that goes on also the cell that runs. */
export function Timeline({
  view,
  reader
}: {
  readonly view: RunView;
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
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
