import * as React from 'react';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import type { Reader } from '../reader';
import { tone } from '../states';
import type { Watch } from '../watch';
import type { Deployment, Run, RunPage } from '../wire';
import { cause, duration } from '../words';
import { RunFilters } from './filters';
import { Facts, Moment, Sign } from './parts';
import { More, type OpenMenu } from './more';

interface IProps {
  readonly page: RunPage | null;
  readonly deployments: readonly Deployment[];
  /** Whether what is shown is how it stands. */
  readonly isKnown: boolean;
  readonly watch: Pick<Watch, 'filter' | 'older' | 'snapshot'>;
  readonly commands: CommandRegistry;
  readonly menu: OpenMenu;
  readonly reader: Reader;
}

/** The section "Runs": newest first, filtered, older ones as one scrolls. */
export function Runs({
  page,
  deployments,
  isKnown,
  watch,
  commands,
  menu,
  reader
}: IProps): React.JSX.Element {
  const { trans } = reader;
  const filtered = Object.keys(watch.filter).length > 0;
  const isEmpty = page?.runs.length === 0;
  return (
    <>
      {(filtered || (isKnown && !isEmpty)) && (
        <RunFilters
          filter={watch.filter}
          recent={watch.snapshot.recent}
          deployments={deployments}
          trans={trans}
          onChange={next => (watch.filter = next)}
        />
      )}
      {page === null && isKnown && <p className="nb2ops-Empty">{trans.__('Looking…')}</p>}
      {isEmpty && <NoRuns filtered={filtered} commands={commands} reader={reader} />}
      <ul className="nb2ops-List" aria-label={trans.__('Runs')} hidden={!page || isEmpty}>
        {page?.runs.map(run => (
          <RunRow key={run.id} run={run} commands={commands} menu={menu} reader={reader} />
        ))}
      </ul>
      {typeof page?.next === 'string' && (
        <Older label={trans.__('Show older runs')} onOlder={() => void watch.older()} />
      )}
    </>
  );
}

function NoRuns(props: {
  readonly filtered: boolean;
  readonly commands: CommandRegistry;
  readonly reader: Reader;
}): React.JSX.Element {
  const { filtered, commands, reader } = props;
  const { trans } = reader;
  return (
    <div className="nb2ops-Empty">
      <p>{filtered ? trans.__('No run fits the filter.') : trans.__('No runs yet.')}</p>
      {!filtered && (
        <>
          <p>{trans.__('Open a notebook and run it as a pipeline:')}</p>
          <button
            className="jp-mod-styled jp-mod-accept"
            disabled={!commands.isEnabled(Commands.run)}
            onClick={() => void commands.execute(Commands.run)}
          >
            {trans.__('Run this notebook')}
          </button>
        </>
      )}
    </div>
  );
}

/** Loads the next page when it comes into view, or is pressed. */
function Older({
  label,
  onOlder
}: {
  readonly label: string;
  readonly onOlder: () => void;
}): React.JSX.Element {
  const button = React.useRef<HTMLButtonElement>(null);
  React.useEffect(() => {
    const observer = new IntersectionObserver(entries => {
      if (entries.some(entry => entry.isIntersecting)) {
        onOlder();
      }
    });
    if (button.current) {
      observer.observe(button.current);
    }
    return () => {
      observer.disconnect();
    };
  });
  return (
    <button ref={button} className="nb2ops-Older" onClick={onOlder}>
      {label}
    </button>
  );
}

function RunRow(props: {
  readonly run: Run;
  readonly commands: CommandRegistry;
  readonly menu: OpenMenu;
  readonly reader: Reader;
}): React.JSX.Element {
  const { run, commands, menu, reader } = props;
  const { trans } = reader;
  const began = run.start ?? run.expected;
  const version = run.version?.slice(0, 7);
  return (
    <li className="nb2ops-Row nb2ops-mod-many">
      <Sign state={run.state} />
      <div className="nb2ops-Row-head">
        <button
          className="nb2ops-Name nb2ops-Link"
          title={run.notebook ?? run.name}
          onClick={() => void commands.execute(Commands.openRun, { id: run.id })}
        >
          {run.flow}
        </button>
        {began !== null && <Moment time={began} reader={reader} />}
        <More
          open={menu}
          ids={actions(run)}
          args={{ id: run.id }}
          label={trans.__('Actions for %1, %2', run.flow, run.name)}
        />
      </div>
      <Facts
        facts={[
          run.state,
          run.seconds === null ? null : duration(run.seconds, trans),
          cause(run, trans),
          version !== undefined && <span title={run.version ?? undefined}>{version}</span>
        ]}
      />
      {tone(run.state) === 'bad' && run.message !== null && (
        <p className="nb2ops-Message" title={run.message}>
          {run.message}
        </p>
      )}
    </li>
  );
}

/** What makes sense for a run in its state. */
export function actions({ end, state }: Pick<Run, 'end' | 'state'>): string[] {
  const steering = end === null ? [Commands.cancelRun] : [Commands.openExecuted, Commands.retryRun];
  const broken = end !== null && ['bad', 'stopped'].includes(tone(state));
  return [Commands.openRun, ...steering, ...(broken ? [Commands.resumeRun] : []), Commands.compareRuns];
}
