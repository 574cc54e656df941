import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Commands } from '../commands';
import { showForm } from '../forms/dialog';
import { EditSchedules } from '../forms/edit';
import { RunForm } from '../forms/run';
import { tellFaults } from '../pipeline/actions';
import { IPipelines } from '../pipelines';
import type { Deployment } from '../wire';

/** What can be done with a deployment; all commands take its `id`. */
export const deployments: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:deployments',
  description: 'Pauses, resumes, runs, changes and deletes deployments.',
  autoStart: true,
  requires: [IPipelines],
  activate: ({ commands }: JupyterFrontEnd, pipelines: IPipelines) => {
    const { api, watch, started } = pipelines;
    const { trans } = pipelines.reader();
    const of = ({ id }: ReadonlyPartialJSONObject): Deployment | undefined =>
      watch.snapshot.deployments?.find(each => each.id === id);
    const add = (command: string, label: string, act: (deployment: Deployment) => Promise<unknown>): void => {
      commands.addCommand(command, {
        label,
        isEnabled: args => of(args) !== undefined,
        execute: async args => {
          const deployment = of(args);
          if (deployment) {
            await tellFaults(() => act(deployment));
            await watch.refresh();
          }
        }
      });
    };
    add(Commands.pauseDeployment, trans.__('Pause'), ({ id }) => api.changeDeployment(id, { paused: true }));
    add(Commands.resumeDeployment, trans.__('Resume'), ({ id }) =>
      api.changeDeployment(id, { paused: false })
    );
    add(Commands.redeploy, trans.__('Rebuild'), ({ path, name }) =>
      path === null ? Promise.resolve() : api.deploy({ path, name })
    );
    add(Commands.editSchedules, trans.__('Edit Schedules…'), async ({ id, name }) => {
      const form = new EditSchedules(await api.deployment(id), api, pipelines.reader());
      await showForm(trans.__('Schedules of %1', name), form, trans.__('Save'));
    });
    add(Commands.runDeployment, trans.__('Run Now…'), async ({ id, name }) => {
      const view = await api.deployment(id);
      const form = new RunForm(view.takes, view.deployment.parameters, trans, parameters =>
        api.runDeployment(id, { parameters })
      );
      const run = await showForm(trans.__('Run %1 now', name), form, trans.__('Run'));
      if (run) {
        started.add(run.id);
      }
    });
    add(Commands.deleteDeployment, trans.__('Delete…'), async ({ id, name }) => {
      const { button } = await showDialog({
        title: trans.__('Delete %1?', name),
        body: trans.__('Its schedules end. Its runs stay in the list; the notebook is not touched.'),
        buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })],
        defaultButton: 0
      });
      if (button.accept) {
        await api.deleteDeployment(id);
      }
    });
  }
};
