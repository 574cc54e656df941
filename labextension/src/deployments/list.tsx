import * as React from 'react';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import { OUR_POOL } from '../pools';
import type { Reader } from '../reader';
import { Command, CommandButton, Facts, Moment, Sign } from '../sidebar/parts';
import { More, type OpenMenu } from '../sidebar/more';
import { tone } from '../states';
import type { Deployment, DeploymentView } from '../wire';
import { duration, schedule } from '../words';
import { Details } from './details';

interface IProps {
  readonly commands: CommandRegistry;
  readonly menu: OpenMenu;
  /** Asks for what the list leaves out of a deployment. */
  readonly look: (id: string) => Promise<DeploymentView>;
  /** Whether services may be started from here. */
  readonly isLocal: boolean;
  readonly reader: Reader;
}

/** The section "Deployments": when each runs, how its runs ended, who would do the next. */
export function Deployments(
  props: IProps & { readonly deployments: readonly Deployment[] }
): React.JSX.Element {
  const { deployments, commands, reader } = props;
  const { trans } = reader;
  if (deployments.length === 0) {
    return (
      <div className="nb2ops-Empty">
        <p>{trans.__('No deployments yet.')}</p>
        <p>{trans.__('Open a notebook and put it on a schedule:')}</p>
        <button
          className="jp-mod-styled jp-mod-accept"
          disabled={!commands.isEnabled(Commands.deploy)}
          onClick={() => void commands.execute(Commands.deploy)}
        >
          {trans.__('Deploy this notebook')}
        </button>
      </div>
    );
  }
  return (
    <ul className="nb2ops-List" aria-label={trans.__('Deployments')}>
      {deployments.map(each => (
        <DeploymentRow key={each.id} {...props} deployment={each} />
      ))}
    </ul>
  );
}

interface IRowProps extends IProps {
  readonly deployment: Deployment;
}

function DeploymentRow(props: IRowProps): React.JSX.Element {
  const { deployment, commands, menu, reader } = props;
  const { name, flow, notebook, paused, id } = deployment;
  const { trans } = reader;
  return (
    <li className="nb2ops-Row">
      <Sign state={paused ? 'Paused' : 'Scheduled'} />
      <div className="nb2ops-Row-head">
        <span className="nb2ops-Name" title={notebook ?? flow}>
          {name}
        </span>
        {paused && <span className="nb2ops-Badge">{trans.__('Paused')}</span>}
        <More
          open={menu}
          ids={[
            Commands.runDeployment,
            paused ? Commands.resumeDeployment : Commands.pauseDeployment,
            Commands.editSchedules,
            Commands.deleteDeployment
          ]}
          args={{ id }}
          label={trans.__('Actions for deployment %1', name)}
        />
      </div>
      <Schedules deployment={deployment} reader={reader} />
      <Causes deployment={deployment} reader={reader} />
      <Next deployment={deployment} reader={reader} />
      <Past {...props} />
      {deployment.changed === true && (
        <div className="nb2ops-Missing">
          {trans.__('The notebook changed since it was deployed.')}{' '}
          <CommandButton commands={commands} id={Commands.redeploy} args={{ id }} />
        </div>
      )}
      <Missing {...props} />
      <Details look={() => props.look(id)} name={name} reader={reader} />
    </li>
  );
}

function Schedules({ deployment, reader }: Pick<IRowProps, 'deployment' | 'reader'>): React.JSX.Element {
  const active = deployment.schedules.filter(each => each.active);
  const words = active.map(each => schedule(each, reader));
  const none = deployment.data.length ? [] : [reader.trans.__('No schedule')];
  return <Facts facts={words.length ? words : none} />;
}

/** What else makes it run, and who is told of its failures. */
function Causes({ deployment, reader }: Pick<IRowProps, 'deployment' | 'reader'>): React.JSX.Element | null {
  const { data, notifications } = deployment;
  const { trans } = reader;
  const told = notifications.failure ?? [];
  return data.length + told.length === 0 ? null : (
    <Facts
      facts={[
        data.length > 0 && trans.__('When %1 changes', data.join(', ')),
        told.length > 0 && trans.__('Failures to %1', told.join(', '))
      ]}
    />
  );
}

function Next({ deployment, reader }: Pick<IRowProps, 'deployment' | 'reader'>): React.JSX.Element {
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

/** How the last run ended, and the last twenty as one bar each: oldest at the left, as high as it was long. */
function Past({ deployment, commands, reader }: IRowProps): React.JSX.Element | null {
  const { last_run: last, history } = deployment;
  const { trans } = reader;
  if (!last) {
    return null;
  }
  const began = last.start ?? last.expected;
  const longest = Math.max(...history.map(run => run.seconds ?? 0), 1);
  return (
    <>
      <Facts
        facts={[
          <>
            {trans.__('Last')} <Sign state={last.state} />{' '}
            <button
              className="nb2ops-Link"
              onClick={() => void commands.execute(Commands.openRun, { id: last.id })}
            >
              {last.state}
            </button>{' '}
            {began && <Moment time={began} reader={reader} />}
          </>
        ]}
      />
      {history.length > 1 && (
        <div
          className="nb2ops-Sparkline"
          role="img"
          aria-label={trans.__('Last runs, newest first: %1', history.map(run => run.state).join(', '))}
        >
          {[...history].reverse().map(run => (
            <span
              key={run.id}
              className={`nb2ops-mod-${tone(run.state)}`}
              style={{ height: `${30 + (70 * (run.seconds ?? 0)) / longest}%` }}
              title={[run.state, run.seconds === null ? '' : duration(run.seconds, trans)].join(' ')}
            />
          ))}
        </div>
      )}
    </>
  );
}

/** Nobody will do the work: said where it matters, with the remedy where it is ours. */
function Missing({ deployment, commands, isLocal, reader }: IRowProps): React.JSX.Element | null {
  const { pool } = deployment;
  if (pool === null || deployment.paused || deployment.workers_online > 0) {
    return null;
  }
  const isOurs = pool === OUR_POOL;
  return (
    <div className="nb2ops-Missing">
      {reader.trans.__('No worker online for pool %1', pool)}
      {isOurs && isLocal && <CommandButton commands={commands} id={Commands.startServices} />}
      {isOurs && !isLocal && <Command text="nb2ops up" />}
    </div>
  );
}
