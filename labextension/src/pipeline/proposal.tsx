import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Proposal } from '../wire';
import { Dag } from './dag';
import { stepsOf, waits } from './steps';

/** What the notebook would become: the steps, and which cell gets which tag. */
export function ProposalPreview(props: {
  readonly proposal: Proposal;
  readonly colours: readonly string[];
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { proposal, colours, trans } = props;
  return (
    <div className="nb2ops-Proposal">
      <p>
        {proposal.every === null
          ? trans.__('Steps begin at headings. The cells get these tags, and nothing else changes:')
          : trans.__(
              'A step begins every %1 cells. The cells get these tags, and nothing else changes:',
              proposal.every
            )}
      </p>
      <div className="nb2ops-Proposal-sides">
        <ul aria-label={trans.__('New tags')}>
          {proposal.cells.map(each => (
            <li key={each.index}>
              {trans.__('Cell %1', each.cell)}: <code>{each.tags.join(' ')}</code>
            </li>
          ))}
        </ul>
        <Dag
          label={trans.__('Steps')}
          steps={stepsOf(proposal.pipeline, null, trans)}
          edges={proposal.pipeline.edges}
          colours={colours}
          waits={edge => waits(edge, trans)}
          onStep={() => undefined}
        />
      </div>
    </div>
  );
}
