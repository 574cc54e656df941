import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { Commands } from '../commands';
import { IPipelines } from '../pipelines';
import { tone } from '../states';
import type { Run } from '../wire';

const SHOWN = 10_000; // milliseconds

/** A message when a run that was started here ends. */
export const ended: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:ended',
  description: 'Tells how runs that were started here ended.',
  autoStart: true,
  requires: [IPipelines],
  activate: ({ commands }: JupyterFrontEnd, pipelines: IPipelines) => {
    const { watch, started } = pipelines;
    watch.changed.connect((_, { recent }) => {
      for (const run of recent.filter(each => each.end !== null && started.ids.delete(each.id))) {
        tell(run);
      }
    });
    started.added.connect(() => {
      watch.seen('started', true);
    });
    watch.changed.connect(() => {
      watch.seen('started', started.ids.size > 0);
    });
    function tell(run: Run): void {
      const { trans } = pipelines.reader();
      const show = {
        label: trans.__('Show'),
        callback: () => void commands.execute(Commands.openRun, { id: run.id })
      };
      const words = [trans.__('%1: %2', run.flow, run.state), run.message].filter(Boolean).join(' – ');
      const emit = tone(run.state) === 'good' ? Notification.success : Notification.error;
      emit(words, { autoClose: SHOWN, actions: [show] });
    }
  }
};
