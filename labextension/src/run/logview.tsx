import * as React from 'react';
import type { Reader } from '../reader';
import { type Log, wanted } from './log';

/** The end of a run's log, followed while it grows; text is text, whatever a notebook prints. */
export function LogView(props: {
  readonly log: Log;
  readonly steps: readonly string[];
  readonly reader: Reader;
}): React.JSX.Element {
  const { log, steps, reader } = props;
  const { trans } = reader;
  const [text, setText] = React.useState('');
  const [step, setStep] = React.useState('');
  const lines = wanted(log.lines, text, step);
  const box = React.useRef<HTMLDivElement>(null);
  const atEnd = React.useRef(true);
  React.useEffect(() => {
    if (atEnd.current && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [lines.length]);
  const format = new Intl.DateTimeFormat(reader.language, { timeStyle: 'medium', timeZone: reader.zone });
  return (
    <section className="nb2ops-Log" aria-label={trans.__('Log')}>
      <div className="nb2ops-Log-head" role="search" aria-label={trans.__('Search the log')}>
        <h3>{trans.__('Log')}</h3>
        <input
          className="jp-mod-styled"
          type="search"
          aria-label={trans.__('Search the log')}
          placeholder={trans.__('Search the log')}
          value={text}
          onChange={event => {
            setText(event.target.value);
          }}
        />
        <select
          className="jp-mod-styled"
          aria-label={trans.__('Lines of step')}
          value={step}
          onChange={event => {
            setStep(event.target.value);
          }}
        >
          <option value="">{trans.__('All steps')}</option>
          {steps.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span className="nb2ops-Facts">{trans._n('%1 line', '%1 lines', lines.length)}</span>
      </div>
      <div
        ref={box}
        className="nb2ops-Log-lines"
        role="log"
        aria-label={trans.__('Lines')}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 20;
        }}
      >
        {log.dropped > 0 && (
          <p>{trans._n('%1 older line is left out.', '%1 older lines are left out.', log.dropped)}</p>
        )}
        {lines.map((line, place) => (
          <div key={place} className={`nb2ops-Log-line nb2ops-mod-${line.level.toLowerCase()}`}>
            <time dateTime={line.time}>{format.format(Date.parse(line.time))}</time>
            <span>{line.step ?? ''}</span>
            <code>{line.text}</code>
          </div>
        ))}
      </div>
    </section>
  );
}
