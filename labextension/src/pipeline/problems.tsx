import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Sign } from '../sidebar/parts';
import type { Problem, Severity } from '../wire';

const STATES: Readonly<Record<Severity, string>> = { error: 'Failed', warning: 'Late', notice: 'Pending' };

/** What is wrong with the notebook; each leads to its cell and line. */
export function Problems(props: {
  readonly problems: readonly Problem[];
  readonly trans: TranslationBundle;
  readonly onProblem: (problem: Problem) => void;
}): React.JSX.Element | null {
  const { problems, trans, onProblem } = props;
  if (problems.length === 0) {
    return null;
  }
  return (
    <ul className="nb2ops-List nb2ops-Problems" aria-label={trans.__('Problems')}>
      {problems.map((problem, place) => (
        <li key={place} className="nb2ops-Row">
          <Sign state={STATES[problem.severity]} />
          <button
            className="nb2ops-Link"
            disabled={problem.cell === null}
            onClick={() => {
              onProblem(problem);
            }}
          >
            {whereWords(problem, trans)}
          </button>
          <p>{problem.message}</p>
          {problem.hint !== null && <p className="nb2ops-Facts">{problem.hint}</p>}
        </li>
      ))}
    </ul>
  );
}

function whereWords({ cell, line, code, severity }: Problem, trans: TranslationBundle): string {
  const kind =
    severity === 'error'
      ? trans.__('Error')
      : severity === 'warning'
        ? trans.__('Warning')
        : trans.__('Notice');
  const where =
    cell === null
      ? null
      : line === null
        ? trans.__('cell %1', cell)
        : trans.__('cell %1, line %2', cell, line);
  return [kind, code, where].filter(part => part !== null).join(' · ');
}
