import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Deployment, Run, RunQuery } from '../wire';

interface IProps {
  readonly filter: RunQuery;
  readonly recent: readonly Run[];
  readonly deployments: readonly Deployment[];
  readonly trans: TranslationBundle;
  readonly onChange: (filter: RunQuery) => void;
}

const SETTLED = 300; // milliseconds after the last letter

/** Which runs the list shows: by text, state, notebook and deployment. */
export function RunFilters({ filter, recent, deployments, trans, onChange }: IProps): React.JSX.Element {
  const set = (name: keyof RunQuery, value: string): void => {
    const others = Object.fromEntries(Object.entries(filter).filter(([key]) => key !== name));
    onChange(value === '' ? others : { ...others, [name]: value });
  };
  const choice = (name: keyof RunQuery, label: string, options: readonly (readonly [string, string])[]) => (
    <select
      className="jp-mod-styled"
      aria-label={label}
      value={String(filter[name] ?? '')}
      onChange={event => {
        set(name, event.target.value);
      }}
    >
      <option value="">{label}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  const same = (names: readonly (string | null | undefined)[]): [string, string][] =>
    [...new Set(names.filter(name => typeof name === 'string'))].sort().map(name => [name, name]);
  return (
    <div className="nb2ops-Filters" role="search" aria-label={trans.__('Filter runs')}>
      <Search
        text={filter.text ?? ''}
        label={trans.__('Search runs')}
        onChange={text => {
          set('text', text);
        }}
      />
      {choice('state', trans.__('State'), [
        ['Running,Pending,Scheduled,Late,Retrying,Cancelling', trans.__('Going on')],
        ['Completed', trans.__('Completed')],
        ['Failed,Crashed,Rejected,TimedOut', trans.__('Failed')],
        ['Cancelled,Skipped', trans.__('Cancelled')]
      ])}
      {choice('notebook', trans.__('Notebook'), same(recent.map(run => run.notebook?.split('/').at(-1))))}
      {choice('deployment', trans.__('Deployment'), same(deployments.map(each => each.name)))}
    </div>
  );
}

function Search(props: {
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
}): React.JSX.Element {
  const { label } = props;
  const [text, setText] = React.useState(props.text);
  const onChange = React.useRef(props.onChange); // the other filters may change while the letters settle
  onChange.current = props.onChange;
  React.useEffect(() => {
    if (text === props.text) {
      return undefined;
    }
    const timer = window.setTimeout(() => {
      onChange.current(text);
    }, SETTLED);
    return () => {
      window.clearTimeout(timer);
    };
  }, [text]);
  return (
    <input
      className="jp-mod-styled"
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={event => {
        setText(event.target.value);
      }}
    />
  );
}
