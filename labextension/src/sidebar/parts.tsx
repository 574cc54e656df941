import * as React from 'react';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Reader } from '../reader';
import { type Tone, tone } from '../states';
import { absolute, isWebAddress, relative } from '../words';

/** The sign of a state. It says nothing that the word beside it does not say. */
export function Sign({ state }: { readonly state: string }): React.JSX.Element {
  const kind = tone(state);
  return (
    <svg className={`nb2ops-Sign nb2ops-mod-${kind}`} viewBox="0 0 16 16" aria-hidden="true">
      {SIGNS[kind]}
    </svg>
  );
}

const SIGNS: Readonly<Record<Tone, React.JSX.Element>> = {
  good: <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-1.2 10L3.7 7.9l1.1-1.1 2 2 4.4-4.4 1.1 1.1z" />,
  bad: (
    <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.2 9.1-1.1 1.1L8 9.1l-2.1 2.1-1.1-1.1L6.9 8 4.8 5.9l1.1-1.1L8 6.9l2.1-2.1 1.1 1.1L9.1 8z" />
  ),
  stopped: <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM4.5 7.2h7v1.6h-7z" />,
  paused: <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM5.4 5h1.7v6H5.4zm3.5 0h1.7v6H8.9z" />,
  live: (
    <>
      <circle className="nb2ops-Sign-track" cx="8" cy="8" r="6" />
      <path className="nb2ops-Sign-turn" d="M8 2a6 6 0 0 1 6 6" />
    </>
  ),
  waiting: (
    <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM7.2 4.5v4l2.9 1.8.8-1.2-2.3-1.4V4.5z" />
  )
};

/** A time as a distance from now; in full where the pointer rests. */
export function Moment(props: { readonly time: string; readonly reader: Reader }): React.JSX.Element {
  const { time, reader } = props;
  return (
    <time dateTime={time} title={absolute(time, reader)}>
      {relative(time, reader)}
    </time>
  );
}

/** Facts in one line, with dots between those that there are. */
export function Facts(props: { readonly facts: readonly React.ReactNode[] }): React.JSX.Element {
  const given = props.facts.filter(fact => fact !== null && fact !== false);
  return (
    <div className="nb2ops-Facts">
      {given.map((fact, place) => (
        <span key={place}>{fact}</span>
      ))}
    </div>
  );
}

/** What a section says where it has nothing to show: why, and what to type first. */
export function Empty(props: {
  readonly why: string;
  readonly first: string;
  readonly command: string;
}): React.JSX.Element {
  return (
    <div className="nb2ops-Empty">
      <p>{props.why}</p>
      <p>{props.first}</p>
      <Command text={props.command} />
    </div>
  );
}

/** Something to type in a terminal; a click selects all of it. */
export function Command({ text }: { readonly text: string }): React.JSX.Element {
  return <code className="nb2ops-Command">{text}</code>;
}

/** A name that leads to a page elsewhere, where there is one. */
export function Away(props: {
  readonly url: string | null;
  readonly title: string;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const { url, title, children } = props;
  return isWebAddress(url) ? (
    <a href={url} title={title} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ) : (
    <span title={title}>{children}</span>
  );
}

/** A button that does what a command does, with its label. */
export function CommandButton(props: {
  readonly commands: CommandRegistry;
  readonly id: string;
  readonly args?: ReadonlyPartialJSONObject;
  readonly primary?: boolean;
  /** Why it cannot be done now. */
  readonly obstacle?: string | null;
}): React.JSX.Element {
  const { commands, id, args, primary, obstacle } = props;
  return (
    <button
      className={`jp-mod-styled ${primary ? 'jp-mod-accept' : 'jp-mod-reject'}`}
      disabled={typeof obstacle === 'string' || !commands.isEnabled(id, args)}
      title={obstacle ?? commands.caption(id, args)}
      onClick={() => void commands.execute(id, args)}
    >
      {commands.label(id, args).replace(/…$/, '')}
    </button>
  );
}
