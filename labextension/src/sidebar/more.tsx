import * as React from 'react';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

/** Opens a menu of commands, all with the same arguments, below a button. */
export type OpenMenu = (button: HTMLElement, ids: readonly string[], args: ReadonlyJSONObject) => void;

/** The button at the end of a row that shows what can be done with it. */
export function More(props: {
  readonly ids: readonly string[];
  readonly args: ReadonlyJSONObject;
  /** Of what row it is, for those who hear and do not see it. */
  readonly label: string;
  readonly open: OpenMenu;
}): React.JSX.Element {
  const { ids, args, label, open } = props;
  return (
    <button
      className="nb2ops-More"
      aria-label={label}
      aria-haspopup="menu"
      title={label}
      onClick={event => {
        open(event.currentTarget, ids, args);
      }}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="3" cy="8" r="1.5" />
        <circle cx="8" cy="8" r="1.5" />
        <circle cx="13" cy="8" r="1.5" />
      </svg>
    </button>
  );
}
