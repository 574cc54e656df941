import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Menu } from '@lumino/widgets';
import { Commands } from '../commands';
import { pipelineIcon } from '../icon';
import { stepNames } from '../marks';
import { markedCells } from './cells';
import { ROLES } from './words';

/** What can be done with the tags of the active cell; offers the steps that the notebook has when it opens. */
export class TagMenu extends Menu {
  constructor(
    commands: CommandRegistry,
    private readonly notebooks: INotebookTracker,
    private readonly trans: TranslationBundle
  ) {
    super({ commands });
    this.title.label = trans.__('Pipeline Step');
    this.title.icon = pipelineIcon;
    this.title.className = 'nb2ops-TagMenu';
  }

  /** Lumino asks for an update before it shows a menu. */
  protected override onUpdateRequest(message: Message): void {
    const names = stepNames(markedCells(this.notebooks.currentWidget?.content.model ?? null));
    if (!this.isAttached && (this.items.length === 0 || names.join() !== this.names.join())) {
      this.names = names;
      this.fill(names);
    }
    super.onUpdateRequest(message);
  }

  private fill(names: readonly string[]): void {
    this.items.forEach(item => item.submenu?.dispose());
    this.clearItems();
    for (const name of names) {
      this.addItem({ command: Commands.setStep, args: { name } });
    }
    this.addItem({ command: Commands.setStep });
    this.addItem({ type: 'separator' });
    for (const role of ROLES) {
      this.addItem({ command: Commands.setRole, args: { role } });
    }
    this.addItem({ type: 'separator' });
    this.addItem({ type: 'submenu', submenu: this.after(names) });
    this.addItem({ command: Commands.clearTags });
  }

  private after(names: readonly string[]): Menu {
    const menu = new Menu({ commands: this.commands });
    menu.title.label = this.trans.__('Waits for');
    for (const step of names) {
      menu.addItem({ command: Commands.toggleAfter, args: { step } });
    }
    menu.addItem({ command: Commands.toggleAfter });
    return menu;
  }

  private names: readonly string[] = [];
}
