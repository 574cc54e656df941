import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import type { RunView } from '../wire';

/** What ended the run, and the way to its cell. */
export function FailureNote(props: {
  readonly view: RunView;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { view, commands, trans } = props;
  const { failure, run } = view;
  if (failure === null) {
    return null;
  }
  return (
    <div className="nb2ops-Notice nb2ops-mod-failure" role="alert">
      <strong>{run.message ?? failure.message}</strong>
      {failure.cell !== null && run.path !== null && (
        <button
          className="jp-mod-styled jp-mod-warn"
          onClick={() => void commands.execute(Commands.goToFailure, { id: run.id })}
        >
          {failure.line === null
            ? trans.__('Go to cell %1', failure.cell)
            : trans.__('Go to cell %1, line %2', failure.cell, failure.line)}
        </button>
      )}
      {failure.traceback !== '' && (
        <details>
          <summary>{trans.__('Traceback')}</summary>
          <pre tabIndex={0}>{withoutColours(failure.traceback)}</pre>
        </details>
      )}
    </div>
  );
}

/** A text without a terminal's codes for colours. */
function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character begins each code
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
