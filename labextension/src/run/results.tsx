import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Reader } from '../reader';
import { Away, Sign } from '../sidebar/parts';
import type { Artifact, Gate, GivenParameter, Metric } from '../wire';

/** What a run was given. */
export function Parameters(props: {
  readonly parameters: readonly GivenParameter[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { parameters, trans } = props;
  return (
    <Table
      caption={trans.__('Parameters')}
      rows={parameters.map(({ name, value, secret, origin }) => [
        name,
        secret === null ? JSON.stringify(value) : trans.__('secret %1', secret),
        origin === 'given' ? trans.__('given') : ''
      ])}
    />
  );
}

/** The numbers that came out. */
export function Metrics(props: {
  readonly metrics: readonly Metric[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { metrics, trans } = props;
  return (
    <Table
      caption={trans.__('Metrics')}
      rows={metrics.map(({ name, value, step, cell }) => [
        name,
        String(value),
        trans.__('%1, cell %2', step, cell)
      ])}
    />
  );
}

/** Which conditions the run met. */
export function Gates(props: {
  readonly gates: readonly Gate[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { gates, trans } = props;
  return (
    <Table
      caption={trans.__('Gates')}
      rows={gates.map(gate => [
        <React.Fragment key="text">
          <Sign state={gate.passed === null ? 'Pending' : gate.passed ? 'Completed' : 'Failed'} />{' '}
          <code>{gate.text}</code>
        </React.Fragment>,
        gate.operator === null ? '' : `${gate.left ?? ''} ${gate.operator} ${gate.right ?? ''}`,
        gate.passed === null ? trans.__('not reached') : gate.passed ? trans.__('passed') : trans.__('red')
      ])}
    />
  );
}

/** What Prefect shows beside the run. */
export function Artifacts(props: {
  readonly artifacts: readonly Artifact[];
  readonly reader: Reader;
}): React.JSX.Element | null {
  const { artifacts, reader } = props;
  const { trans, page } = reader;
  return (
    <Table
      caption={trans.__('Artifacts')}
      rows={artifacts.map(({ key, type, description, url }) => [
        <Away key="key" url={page(url)} title={trans.__("Open Prefect's page of this artifact")}>
          {key ?? trans.__('without a key')}
        </Away>,
        type ?? '',
        description ?? ''
      ])}
    />
  );
}

export function Table(props: {
  readonly caption: string;
  readonly head?: readonly string[];
  readonly rows: readonly (readonly React.ReactNode[])[];
}): React.JSX.Element | null {
  const { caption, head, rows } = props;
  if (rows.length === 0) {
    return null;
  }
  return (
    <div className="nb2ops-Table" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        {head && (
          <thead>
            <tr>
              {head.map(text => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              <th scope="row">{cells[0]}</th>
              {cells.slice(1).map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
