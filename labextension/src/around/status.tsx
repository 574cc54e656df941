import * as React from 'react';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Commands } from '../commands';
import { IPipelines } from '../pipelines';
import { counts } from './counts';

/** "2 running, 1 failed" in the status bar; a click shows the panel. */
export const status: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:status',
  description: 'Says in the status bar how many runs go on and failed.',
  autoStart: true,
  requires: [IPipelines, IStatusBar],
  activate: ({ commands }: JupyterFrontEnd, pipelines: IPipelines, bar: IStatusBar) => {
    const { watch } = pipelines;
    const words = (): string => {
      const { trans, now } = pipelines.reader();
      const { running, failed } = counts(watch.snapshot.recent, now);
      const parts = [
        running ? trans._n('%1 running', '%1 running', running) : '',
        failed ? trans._n('%1 failed', '%1 failed', failed) : ''
      ];
      return parts.filter(part => part !== '').join(', ');
    };
    const item = ReactWidget.create(
      <UseSignal signal={watch.changed}>
        {() => (
          <button
            className="nb2ops-Status"
            title={pipelines.reader().trans.__('Runs of notebook pipelines; failed within a day')}
            onClick={() => void commands.execute(Commands.showPipeline)}
          >
            {words()}
          </button>
        )}
      </UseSignal>
    );
    bar.registerStatusItem('nb2ops:status', {
      item,
      align: 'left',
      rank: 50,
      isActive: () => words() !== '',
      activeStateChanged: watch.changed as never
    });
  }
};
