import * as React from 'react';
import type { Reader } from '../reader';
import { Table } from '../run/results';
import { Moment, Sign } from '../sidebar/parts';
import type { ComparedCell, ComparedValue, Comparison, Json, JsonObject } from '../wire';
import { duration } from '../words';

interface IProps {
  readonly comparison: Comparison;
  readonly show: (outputs: readonly JsonObject[]) => React.ReactNode;
  readonly reader: Reader;
}

/** Two runs side by side: what they were given, what came out, how long it took, and which cells differ. */
export function ComparePage({ comparison, show, reader }: IProps): React.JSX.Element {
  const { runs, versions, parameters, metrics, steps, environment, cells, notices } = comparison;
  const { trans } = reader;
  const head = ['', runs[0].name, runs[1].name];
  const differing = cells.filter(cell => cell.source !== 'same' || cell.shown === 'different');
  const seconds = (value: number | null): string => (value === null ? '–' : duration(value, trans));
  return (
    <div className="nb2ops-Run">
      <div className="nb2ops-Compare-heads">
        {runs.map(run => (
          <h2 key={run.id}>
            <Sign state={run.state} /> {run.flow} <small>{run.name}</small>{' '}
            {run.start !== null && (
              <small>
                <Moment time={run.start} reader={reader} />
              </small>
            )}
          </h2>
        ))}
      </div>
      {notices.map(notice => (
        <p key={notice} className="nb2ops-Missing">
          {notice}
        </p>
      ))}
      <Table
        caption={trans.__('Runs')}
        head={head}
        rows={[
          [trans.__('State'), runs[0].state, runs[1].state],
          [trans.__('Duration'), seconds(runs[0].seconds), seconds(runs[1].seconds)],
          [trans.__('Version'), ...versions.map(each => each?.slice(0, 7) ?? '–')]
        ]}
      />
      <Table caption={trans.__('Parameters')} head={head} rows={parameters.map(row)} />
      <Table
        caption={trans.__('Metrics')}
        head={[...head, trans.__('Difference')]}
        rows={metrics.map(each => [
          ...row(each),
          each.difference === null ? '' : signed(each.difference, reader)
        ])}
      />
      <Table
        caption={trans.__('Durations of steps')}
        head={head}
        rows={steps.map(step => [
          step.name,
          ...step.seconds.map((each, place) => (each === null ? (step.states[place] ?? '–') : seconds(each)))
        ])}
      />
      <Table caption={trans.__('Environment')} head={head} rows={environment.map(row)} />
      {cells.length > 0 && (
        <section aria-label={trans.__('Cells that differ')}>
          <h3>{trans._n('%1 cell differs', '%1 cells differ', differing.length)}</h3>
          {differing.map(cell => (
            <CellPair key={cell.id} cell={cell} show={show} reader={reader} />
          ))}
        </section>
      )}
    </div>
  );
}

function CellPair(props: {
  readonly cell: ComparedCell;
  readonly show: (outputs: readonly JsonObject[]) => React.ReactNode;
  readonly reader: Reader;
}): React.JSX.Element {
  const { cell, show, reader } = props;
  const { trans } = reader;
  const number = cell.cells[1] ?? cell.cells[0];
  const step = cell.steps[1] ?? cell.steps[0];
  return (
    <article className="nb2ops-Compare-cell">
      <h4>
        {[number === null ? null : trans.__('Cell %1', number), step, sourceWords(cell)]
          .filter(Boolean)
          .join(' · ')}
      </h4>
      <div className="nb2ops-Compare-sides">
        {([0, 1] as const).map(side => (
          <div key={side}>
            {cell.sources?.[side] != null && <pre tabIndex={0}>{cell.sources[side]}</pre>}
            {cell.outputs?.[side] && show(cell.outputs[side])}
          </div>
        ))}
      </div>
      {cell.outputs === null &&
        cell.parts.map(({ place, values }) => (
          <p key={place} className="nb2ops-Facts">
            {place}: {values.map(each => each ?? '–').join(' → ')}
          </p>
        ))}
    </article>
  );

  function sourceWords({ source }: ComparedCell): string {
    switch (source) {
      case 'changed':
        return trans.__('code changed');
      case 'added':
        return trans.__('only in the second');
      case 'removed':
        return trans.__('only in the first');
      case 'same':
        return trans.__('same code, other outputs');
    }
  }
}

function row({ name, values, same }: ComparedValue): React.ReactNode[] {
  const cell = (value: Json): React.ReactNode => {
    const text = value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
    return same ? text : <mark>{text}</mark>;
  };
  return [name, ...values.map(cell)];
}

function signed(value: number, { language }: Reader): string {
  return new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumSignificantDigits: 6 }).format(
    value
  );
}
