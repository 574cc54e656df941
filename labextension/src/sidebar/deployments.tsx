import * as React from 'react';
import type { Reader } from '../reader';
import type { Deployment } from '../wire';
import { schedule } from '../words';
import { Command, Empty, Facts, Moment, Sign } from './parts';

/** The pool whose worker `nb2ops up` starts. */
const OUR_POOL = 'nb2ops';

/** The section "Deployments": when each runs, how the last run ended, who would do the next. */
export function Deployments(props: {
  readonly deployments: readonly Deployment[];
  readonly reader: Reader;
}): React.JSX.Element {
  const { deployments, reader } = props;
  const { trans } = reader;
  if (deployments.length === 0) {
    return (
      <Empty
        why={trans.__('No deployments yet.')}
        first={trans.__('Run a notebook on a schedule:')}
        command="nb2ops deploy notebook.ipynb --interval 1h"
      />
    );
  }
  return (
    <ul className="nb2ops-List" aria-label={trans.__('Deployments')}>
      {deployments.map(each => (
        <DeploymentRow key={each.id} deployment={each} reader={reader} />
      ))}
    </ul>
  );
}

interface IRowProps {
  readonly deployment: Deployment;
  readonly reader: Reader;
}

function DeploymentRow({ deployment, reader }: IRowProps): React.JSX.Element {
  const { name, flow, notebook, paused } = deployment;
  const { trans } = reader;
  return (
    <li className="nb2ops-Row">
      <Sign state={paused ? 'Paused' : 'Scheduled'} />
      <div className="nb2ops-Row-head">
        <span className="nb2ops-Name" title={notebook ?? flow}>
          {name}
        </span>
        {paused && <span className="nb2ops-Badge">{trans.__('Paused')}</span>}
      </div>
      <Schedules deployment={deployment} reader={reader} />
      <Next deployment={deployment} reader={reader} />
      <Last deployment={deployment} reader={reader} />
      <Missing deployment={deployment} reader={reader} />
    </li>
  );
}

function Schedules({ deployment, reader }: IRowProps): React.JSX.Element {
  const active = deployment.schedules.filter(each => each.active);
  const words = active.map(each => schedule(each, reader));
  return <Facts facts={words.length ? words : [reader.trans.__('No schedule')]} />;
}

function Next({ deployment, reader }: IRowProps): React.JSX.Element {
  const { next_run: next, workers_online: online } = deployment;
  const { trans } = reader;
  return (
    <Facts
      facts={[
        next && (
          <>
            {trans.__('Next')} <Moment time={next} reader={reader} />
          </>
        ),
        online > 0 && trans._n('%1 worker online', '%1 workers online', online)
      ]}
    />
  );
}

function Last({ deployment, reader }: IRowProps): React.JSX.Element | null {
  const last = deployment.last_run;
  const began = last?.start ?? last?.expected;
  return (
    last && (
      <div className="nb2ops-Facts">
        {reader.trans.__('Last')} <Sign state={last.state} /> {last.state}{' '}
        {began && <Moment time={began} reader={reader} />}
      </div>
    )
  );
}

/** Nobody will do the work: said where it matters, with the remedy where it is ours. */
function Missing({ deployment, reader }: IRowProps): React.JSX.Element | null {
  const { pool } = deployment;
  if (pool === null || deployment.paused || deployment.workers_online > 0) {
    return null;
  }
  return (
    <div className="nb2ops-Missing">
      {reader.trans.__('No worker online for pool %1', pool)}
      {pool === OUR_POOL && <Command text="nb2ops up" />}
    </div>
  );
}
