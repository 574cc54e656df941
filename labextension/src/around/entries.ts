import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { Commands } from '../commands';
import { pipelineIcon } from '../icon';
import { IPipelines } from '../pipelines';

/** The ways in from elsewhere: the launcher's card, and the file browser's menu. */
export const entries: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:entries',
  description: 'Opens pipelines from the launcher and the file browser.',
  autoStart: true,
  requires: [IPipelines],
  optional: [ILauncher, IFileBrowserFactory],
  activate: (
    { commands }: JupyterFrontEnd,
    pipelines: IPipelines,
    launcher: ILauncher | null,
    browsers: IFileBrowserFactory | null
  ) => {
    const { trans } = pipelines.reader();
    launcher?.add({ command: Commands.showPipeline, category: trans.__('Other'), rank: 10 });
    commands.addCommand(Commands.openAsPipeline, {
      label: trans.__('Open as Pipeline'),
      icon: pipelineIcon,
      isVisible: () => selected(browsers) !== undefined,
      execute: async () => {
        const path = selected(browsers);
        if (path !== undefined) {
          await commands.execute('docmanager:open', { path });
          await commands.execute(Commands.showPipeline);
        }
      }
    });
  }
};

/** The path of the notebook that is chosen in the file browser. */
function selected(browsers: IFileBrowserFactory | null): string | undefined {
  const items = Array.from(browsers?.tracker.currentWidget?.selectedItems() ?? []);
  return items.find(item => item.type === 'notebook')?.path;
}
