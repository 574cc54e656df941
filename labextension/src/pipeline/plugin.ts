import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Commands } from '../commands';
import { pipelineIcon } from '../icon';
import { IPipelines } from '../pipelines';
import { Actions } from './actions';
import { Current, ICurrent } from './current';

/** What can be done with the notebook in front: build, run, deploy, have steps suggested. */
export const pipeline: JupyterFrontEndPlugin<Current> = {
  id: 'nb2ops:pipeline',
  description: 'Builds, runs and deploys the notebook in front.',
  autoStart: true,
  provides: ICurrent,
  requires: [INotebookTracker, IPipelines],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    pipelines: IPipelines,
    palette: ICommandPalette | null
  ) => {
    const { commands } = app;
    const { trans } = pipelines.reader();
    const current = new Current(pipelines, notebooks);
    const actions = new Actions(pipelines, current);
    const isEnabled = (): boolean => actions.isPossible;
    commands.addCommand(Commands.run, {
      label: trans.__('Run…'),
      caption: trans.__('Run this notebook as a pipeline'),
      isEnabled,
      execute: async () => {
        const run = await actions.run();
        if (run) {
          await commands.execute(Commands.openRun, { id: run.id });
        }
      }
    });
    commands.addCommand(Commands.deploy, {
      label: trans.__('Deploy…'),
      caption: trans.__('Run this notebook on a schedule'),
      isEnabled,
      execute: () => actions.deploy()
    });
    commands.addCommand(Commands.build, {
      label: trans.__('Build'),
      caption: trans.__('Write the flow of this notebook into a folder beside it'),
      isEnabled,
      execute: () => actions.build()
    });
    commands.addCommand(Commands.suggestSteps, {
      label: trans.__('Suggest Steps…'),
      caption: trans.__('Have tags for this notebook suggested from its headings'),
      isEnabled,
      execute: () => actions.suggest()
    });
    commands.addCommand(Commands.startServices, {
      label: trans.__('Start Prefect'),
      caption: trans.__('Start a Prefect server and a worker on the machine of this JupyterLab'),
      icon: pipelineIcon,
      execute: () => actions.startServices()
    });
    notebooks.currentChanged.connect(() => {
      for (const id of [Commands.run, Commands.deploy, Commands.build, Commands.suggestSteps]) {
        commands.notifyCommandChanged(id);
      }
    });
    const category = trans.__('Notebook Pipelines');
    for (const id of [
      Commands.run,
      Commands.deploy,
      Commands.build,
      Commands.suggestSteps,
      Commands.startServices
    ]) {
      palette?.addItem({ command: id, category });
    }
    return current;
  }
};
