import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { pipelineIcon } from '../icon';
import type { CommandRegistry } from '@lumino/commands';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Commands } from '../commands';
import { IPipelines } from '../pipelines';
import { DOMAIN } from '../reader';
import { Marker } from './marker';
import { TagMenu } from './menu';
import { Tagging } from './tagging';
import { ROLES, asRole, roleName } from './words';

/** The labels at the left of tagged cells. */
export const cellMarks: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:marks',
  description: 'Shows at the left of each cell which step it belongs to.',
  autoStart: true,
  requires: [INotebookTracker, IPipelines],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    pipelines: IPipelines,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    notebooks.widgetAdded.connect((_, panel) => {
      const marker = new Marker(panel, trans, () => pipelines.settings.colours);
      const update = marker.update.bind(marker);
      pipelines.settingsChanged.connect(update);
      panel.disposed.connect(() => pipelines.settingsChanged.disconnect(update));
    });
  }
};

/** The menu of a cell's toolbar, the same commands in context menu, palette and by keyboard. */
export const cellTags: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:tags',
  description: 'Sets the tags that make cells into steps.',
  autoStart: true,
  requires: [INotebookTracker, IPipelines],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    pipelines: IPipelines,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const { commands } = app;
    const known = translator ?? nullTranslator;
    const trans = known.load(DOMAIN);
    const tagging = new Tagging(
      () => notebooks.currentWidget,
      known,
      panel => {
        if (pipelines.settings.saveAfterTagging && !panel.context.model.readOnly) {
          void panel.context.save();
        }
      }
    );
    addCommands(commands, tagging, trans);
    const menu = new TagMenu(commands, notebooks, trans);
    menu.aboutToClose.connect(() => notebooks.currentWidget?.content.activate());
    commands.addCommand(Commands.openTagMenu, {
      label: trans.__('Tag Cell…'),
      caption: trans.__('Make the cell part of a step of the pipeline'),
      icon: pipelineIcon,
      isEnabled: () => tagging.isPossible,
      execute: () => {
        openBeside(menu, notebooks.activeCell?.node);
      }
    });
    notebooks.activeCellChanged.connect(() => {
      commands.notifyCommandChanged(Commands.openTagMenu);
    });
    app.contextMenu.addItem({ type: 'submenu', submenu: menu, selector: '.jp-CodeCell', rank: 0 });
    const category = trans.__('Notebook Pipelines');
    for (const command of [
      Commands.openTagMenu,
      Commands.setStep,
      Commands.toggleAfter,
      Commands.clearTags
    ]) {
      palette?.addItem({ command, category });
    }
    for (const role of ROLES) {
      palette?.addItem({ command: Commands.setRole, args: { role, alone: true }, category });
    }
  }
};

function addCommands(commands: CommandRegistry, tagging: Tagging, trans: TranslationBundle): void {
  const isEnabled = (): boolean => tagging.isPossible;
  commands.addCommand(Commands.setStep, {
    label: ({ name }) => (typeof name === 'string' ? trans.__('Step “%1”', name) : trans.__('New Step…')),
    isEnabled,
    isToggled: ({ name }) => typeof name === 'string' && tagging.meaning.step === name,
    execute: async ({ name }) => {
      const step = typeof name === 'string' ? name : await tagging.askForStep(trans.__('Name of the step'));
      if (step !== null) {
        tagging.setRole(`step:${step}`);
      }
    }
  });
  commands.addCommand(Commands.setRole, {
    label: ({ role, alone }) => {
      const name = roleName(asRole(role) ?? 'setup', trans);
      return alone === true ? trans.__('Tag Cell: %1', name) : name;
    },
    isEnabled,
    isToggled: ({ role }) => tagging.meaning.role === role,
    execute: ({ role }) => {
      const known = asRole(role);
      if (known) {
        tagging.setRole(known);
      }
    }
  });
  commands.addCommand(Commands.toggleAfter, {
    label: ({ step }) =>
      typeof step === 'string' ? trans.__('Step “%1”', step) : trans.__('Wait for Step…'),
    isEnabled,
    isToggled: ({ step }) => typeof step === 'string' && tagging.meaning.after.includes(step),
    execute: async ({ step }) => {
      const name =
        typeof step === 'string' ? step : await tagging.askForStep(trans.__('Wait for which step?'));
      if (name !== null) {
        tagging.toggleAfter(name);
      }
    }
  });
  commands.addCommand(Commands.clearTags, {
    label: trans.__('Remove Pipeline Tags'),
    isEnabled,
    execute: () => {
      tagging.clear();
    }
  });
}

/** Open a menu below the tag button of a cell, or at its corner where the button does not fit. */
function openBeside(menu: TagMenu, cell: HTMLElement | undefined): void {
  const button = cell?.querySelector(
    '[data-command="nb2ops:open-tag-menu"], [data-jp-item-name="nb2ops-tag"]'
  );
  const box = (button?.checkVisibility() ? button : cell)?.getBoundingClientRect();
  menu.open(box?.left ?? 0, button ? (box?.bottom ?? 0) : (box?.top ?? 0));
  menu.activateNextItem();
}
