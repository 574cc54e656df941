import * as React from 'react';
import type { Reader } from '../reader';
import { tone } from '../states';
import type { Run, RunPage } from '../wire';
import { cause, duration } from '../words';
import { Away, Empty, Facts, Moment, Sign } from './parts';

/** The section "Runs": newest first, older ones on demand. */
export function Runs(props: {
  readonly page: RunPage;
  readonly reader: Reader;
  readonly onOlder: () => void;
}): React.JSX.Element {
  const { page, reader, onOlder } = props;
  const { trans } = reader;
  if (page.runs.length === 0) {
    return (
      <Empty
        why={trans.__('No runs yet.')}
        first={trans.__('Run a notebook in a terminal:')}
        command="nb2ops run notebook.ipynb"
      />
    );
  }
  return (
    <>
      <ul className="nb2ops-List" aria-label={trans.__('Runs')}>
        {page.runs.map(run => (
          <RunRow key={run.id} run={run} reader={reader} />
        ))}
      </ul>
      {page.next !== null && (
        <button className="nb2ops-Older" onClick={onOlder}>
          {trans.__('Show older runs')}
        </button>
      )}
    </>
  );
}

function RunRow({ run, reader }: { readonly run: Run; readonly reader: Reader }): React.JSX.Element {
  const { trans } = reader;
  const began = run.start ?? run.expected;
  return (
    <li className="nb2ops-Row">
      <Sign state={run.state} />
      <div className="nb2ops-Row-head">
        <span className="nb2ops-Name">
          <Away url={run.url} title={run.notebook ?? run.name}>
            {run.flow}
          </Away>
        </span>
        {began !== null && <Moment time={began} reader={reader} />}
      </div>
      <Facts
        facts={[run.state, run.seconds === null ? null : duration(run.seconds, trans), cause(run, trans)]}
      />
      {tone(run.state) === 'bad' && run.message !== null && (
        <p className="nb2ops-Message" title={run.message}>
          {run.message}
        </p>
      )}
    </li>
  );
}
