import { type JupyterFrontEnd, type JupyterFrontEndPlugin, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Commands } from '../commands';
import { paletteClosed } from '../focus';
import { pipelineIcon } from '../icon';
import { revealCell } from '../notebook/cells';
import { ICurrent } from '../pipeline/current';
import type { Current } from '../pipeline/current';
import { IPipelines } from '../pipelines';
import { Sidebar } from './panel';

/** The panel at the left (JupyterLab's own menu moves it to the right). */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:sidebar',
  description: 'Pipeline, runs and deployments of notebooks.',
  autoStart: true,
  requires: [IPipelines, ICurrent],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    pipelines: IPipelines,
    current: Current,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const { commands, shell } = app;
    const { trans } = pipelines.reader();
    const category = trans.__('Notebook Pipelines');
    const show = (cell: number, line: number | null): void => {
      const { panel: notebook } = current;
      if (notebook) {
        shell.activateById(notebook.id);
        void revealCell(notebook, { cell }, line);
      }
    };
    commands.addCommand(Commands.showPipeline, {
      label: trans.__('Show Pipeline'),
      caption: trans.__('Show the steps, runs and deployments of this notebook'),
      icon: pipelineIcon,
      execute: async () => {
        await paletteClosed();
        shell.activateById(panel.id);
      }
    });
    commands.addCommand(Commands.refresh, {
      label: trans.__('Refresh'),
      execute: () => Promise.all([pipelines.watch.refresh(), current.refresh()])
    });
    palette?.addItem({ command: Commands.showPipeline, category });
    palette?.addItem({ command: Commands.refresh, category });
    const panel = new Sidebar(pipelines, current, commands, translator ?? nullTranslator, show);
    restorer?.add(panel, panel.id);
    shell.add(panel, 'left', { rank: 600, type: 'Pipelines' });
  }
};
