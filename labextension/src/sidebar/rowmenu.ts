import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import type { OpenMenu } from './more';

/** Menus that open below the button of a row, and give the focus back to it. */
export function rowMenu(commands: CommandRegistry): OpenMenu {
  return (button, ids, args) => {
    const menu = new Menu({ commands });
    for (const command of ids) {
      menu.addItem({ command, args });
    }
    menu.aboutToClose.connect(() => {
      button.focus();
      window.setTimeout(() => {
        menu.dispose();
      });
    });
    const { left, bottom } = button.getBoundingClientRect();
    menu.open(left, bottom);
    menu.activateNextItem();
  };
}
