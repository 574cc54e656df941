import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Reader } from '../reader';
import { faultOf } from '../snapshot';
import type { DeploymentView, MetricTrend, Policy } from '../wire';
import { absolute, duration } from '../words';

/** What the row of a deployment leaves out until somebody asks: how its metrics went, when it runs next. */
export function Details(props: {
  readonly look: () => Promise<DeploymentView>;
  readonly name: string;
  readonly reader: Reader;
}): React.JSX.Element {
  const { look, name, reader } = props;
  const { trans } = reader;
  const [known, setKnown] = React.useState<DeploymentView | string | null>(null);
  const ask = (): void => {
    look().then(setKnown, (error: unknown) => {
      setKnown(faultOf(error).message);
    });
  };
  return (
    <details
      className="nb2ops-Details"
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) {
          ask();
        }
      }}
    >
      <summary aria-label={trans.__('Details of %1', name)}>{trans.__('Details')}</summary>
      {known === null && <p className="nb2ops-Facts">{trans.__('Looking…')}</p>}
      {typeof known === 'string' && <p role="alert">{known}</p>}
      {known !== null && typeof known !== 'string' && <DetailsView view={known} reader={reader} />}
    </details>
  );
}

export function DetailsView(props: {
  readonly view: DeploymentView;
  readonly reader: Reader;
}): React.JSX.Element {
  const { view, reader } = props;
  const { trans } = reader;
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [trans.__('Policy'), policyWords(view.policy, trans)],
    [trans.__('Parameters'), valuesWords(view.deployment.parameters)],
    [
      trans.__('Data'),
      view.data &&
        trans.__('%1, settled for %2', view.data.patterns.join(', '), duration(view.data.settle, trans))
    ],
    ...Object.entries(view.deployment.notifications).map(
      ([occasion, told]) => [occasionWords(occasion, trans), told.join(', ')] as const
    ),
    [trans.__('Works in'), view.directory]
  ];
  return (
    <>
      {view.metrics.map(trend => (
        <Trend key={trend.name} trend={trend} reader={reader} />
      ))}
      <dl>
        {facts.map(
          ([name, value]) =>
            value && (
              <React.Fragment key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </React.Fragment>
            )
        )}
      </dl>
      {view.next_runs.length > 0 && (
        <>
          <p>{trans.__('Next runs')}</p>
          <ul>
            {view.next_runs.map(({ time, schedule }) => (
              <li key={`${time} ${schedule}`}>
                <time dateTime={time}>{absolute(time, reader)}</time>
              </li>
            ))}
          </ul>
        </>
      )}
      {view.clock_changes.map(({ date, text }) => (
        <p key={date + text} className="nb2ops-Missing">
          {text}
        </p>
      ))}
    </>
  );
}

const WIDTH = 100;
const HEIGHT = 20;

/** A metric of the last runs as a line, oldest at the left, and its last value. */
function Trend({
  trend,
  reader
}: {
  readonly trend: MetricTrend;
  readonly reader: Reader;
}): React.JSX.Element {
  const { trans, language } = reader;
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const values = trend.points.map(each => each.value);
  return (
    <div className="nb2ops-Trend">
      <span>{trend.name}</span>
      <svg
        viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
        role="img"
        aria-label={trans.__(
          '%1 of the last runs, oldest first: %2',
          trend.name,
          values.map(each => format.format(each)).join(', ')
        )}
      >
        <polyline points={lineOf(values)} />
      </svg>
      <span>{values.length ? format.format(values.at(-1) ?? 0) : ''}</span>
    </div>
  );
}

/** The corners of a line through values, from left to right, the largest at the top. */
export function lineOf(values: readonly number[]): string {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  const last = Math.max(values.length - 1, 1);
  return values
    .map((value, place) => {
      const height = range > 0 ? (value - least) / range : 0.5;
      return `${((WIDTH * place) / last).toFixed(1)},${(HEIGHT * (1 - height)).toFixed(1)}`;
    })
    .join(' ');
}

function policyWords({ catch_up, overlap, retries, concurrency }: Policy, trans: TranslationBundle): string {
  const late = {
    skip: trans.__('late runs are left out'),
    latest: trans.__('of late runs the latest runs'),
    all: trans.__('late runs all run')
  };
  const meeting = {
    skip: trans.__('a run that comes while one is going is skipped'),
    queue: trans.__('a run that comes while one is going waits'),
    parallel: trans.__('runs may go side by side')
  };
  return [
    late[catch_up],
    meeting[overlap],
    retries > 0 ? trans._n('tried again once', 'tried again %1 times', retries) : '',
    concurrency === null ? '' : trans._n('%1 run at once', '%1 runs at once', concurrency)
  ]
    .filter(text => text !== '')
    .join('; ');
}

function valuesWords(values: DeploymentView['deployment']['parameters']): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ');
}

function occasionWords(occasion: string, trans: TranslationBundle): string {
  switch (occasion) {
    case 'failure':
      return trans.__('Failures to');
    case 'success':
      return trans.__('Successes to');
    default:
      return trans.__('Rejections to');
  }
}
