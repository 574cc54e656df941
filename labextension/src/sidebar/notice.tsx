import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Fault } from '../wire';
import { Command } from './parts';

/** Why the lists below may be old or missing, and what to do now. */
export function Notice(props: {
  readonly fault: Fault;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { fault, trans } = props;
  return (
    <div className="nb2ops-Notice" role="status">
      <strong>{headline(fault.code, trans)}</strong>
      {fault.code === 'prefect_missing' ? (
        <>
          <p>{trans.__('Start it in a terminal:')}</p>
          <Command text="nb2ops up" />
        </>
      ) : (
        <p>{fault.message}</p>
      )}
    </div>
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
