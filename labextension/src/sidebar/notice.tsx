import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Fault, Health } from '../wire';
import { Command } from './parts';

/** Why the lists below may be old or missing, and what to do now. */
export function Notice(props: {
  readonly fault: Fault;
  readonly health?: Health | null;
  readonly trans: TranslationBundle;
  readonly onStart?: () => void;
}): React.JSX.Element {
  const { fault, health, trans, onStart } = props;
  const canStart = health?.local === true && onStart !== undefined;
  return (
    <div className="nb2ops-Notice" role="status">
      <strong>{health?.starting ? trans.__('Prefect is starting') : headline(fault.code, trans)}</strong>
      {health?.starting ? <Starting words={health.starting} /> : <Remedy fault={fault} trans={trans} />}
      {health?.failed && <p>{health.failed}</p>}
      {canStart && !health.starting && (
        <button className="jp-mod-styled jp-mod-accept" onClick={onStart}>
          {trans.__('Start Prefect')}
        </button>
      )}
    </div>
  );
}

function Starting({ words }: { readonly words: string }): React.JSX.Element {
  return (
    <>
      <p>{words}</p>
      <progress aria-label={words} />
    </>
  );
}

function Remedy({
  fault,
  trans
}: {
  readonly fault: Fault;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  return fault.code === 'prefect_missing' ? (
    <>
      <p>{trans.__('Without it nothing runs. Start it here, or in a terminal:')}</p>
      <Command text="nb2ops up" />
    </>
  ) : (
    <p>{fault.message}</p>
  );
}

function headline(code: string, trans: TranslationBundle): string {
  switch (code) {
    case 'prefect_missing':
      return trans.__('Prefect is not running');
    case 'prefect_unreachable':
      return trans.__('Prefect does not answer');
    case 'prefect_timeout':
      return trans.__('Prefect is slow to answer');
    case 'jupyter_unreachable':
      return trans.__('Jupyter does not answer');
    case 'forbidden':
      return trans.__('You may not see runs here');
    default:
      return trans.__('Something went wrong');
  }
}
