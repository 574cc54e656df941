import * as React from 'react';
import type { CommandRegistry } from '@lumino/commands';
import { Commands } from '../commands';
import type { Reader } from '../reader';
import { Notice } from '../sidebar/notice';
import { CommandButton } from '../sidebar/parts';
import type { Problem } from '../wire';
import type { CurrentState } from './current';
import { Dag } from './dag';
import { Problems } from './problems';
import { stepsOf, waits } from './steps';

interface IProps {
  readonly state: CurrentState;
  readonly commands: CommandRegistry;
  readonly colours: readonly string[];
  readonly reader: Reader;
  readonly onCell: (cell: number, line: number | null) => void;
}

/** The section "Pipeline": the notebook in front as steps, what is wrong with it, and what can be done with it. */
export function PipelineSection({ state, commands, colours, reader, onCell }: IProps): React.JSX.Element {
  const { path, view, live, fault, dirty } = state;
  const { trans } = reader;
  if (path === null) {
    return (
      <div className="nb2ops-Empty">
        <p>{trans.__('Open a notebook to see its pipeline.')}</p>
      </div>
    );
  }
  const pipeline = view?.pipeline ?? null;
  return (
    <div className="nb2ops-Pipeline">
      <div className="nb2ops-Buttons">
        <CommandButton commands={commands} id={Commands.run} primary />
        <CommandButton commands={commands} id={Commands.deploy} />
        <CommandButton commands={commands} id={Commands.build} />
      </div>
      <div className="nb2ops-Pipeline-head">
        <span className="nb2ops-Name" title={path}>
          {path.split('/').at(-1)}
        </span>
        {live && (
          <button
            className="nb2ops-Link"
            onClick={() => void commands.execute(Commands.openRun, { id: live.run.id })}
          >
            {trans.__('Running: show')}
          </button>
        )}
      </div>
      {dirty && (
        <p className="nb2ops-Facts">{trans.__('Changed since it was saved; this is what was saved.')}</p>
      )}
      {fault && <Notice fault={fault} trans={trans} />}
      {view?.proposal && (
        <div className="nb2ops-Hint">
          <p>
            {trans.__(
              'No cell says which step it belongs to: the notebook is one step. Tag cells with their menu, or'
            )}
          </p>
          <CommandButton commands={commands} id={Commands.suggestSteps} />
        </div>
      )}
      {pipeline && (
        <Dag
          label={trans.__('Steps')}
          steps={stepsOf(pipeline, live, trans)}
          edges={pipeline.edges}
          colours={colours}
          waits={edge => waits(edge, trans)}
          onStep={name => {
            const first = pipeline.steps.find(step => step.name === name)?.cells[0];
            if (first) {
              onCell(first.cell, null);
            }
          }}
        />
      )}
      <Problems
        problems={view?.problems ?? []}
        trans={trans}
        onProblem={({ cell, line }: Problem) => {
          if (cell !== null) {
            onCell(cell, line);
          }
        }}
      />
    </div>
  );
}
