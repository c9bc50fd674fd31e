import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { Clipboard } from '@jupyterlab/apputils';

export interface IMenuItem {
  label: string;
  run: () => void;
  enabled?: boolean;
}

/** Open a menu where the mouse is, or below the element that has the focus; null draws a line. */
export function popup(
  event: React.MouseEvent | React.KeyboardEvent,
  items: readonly (IMenuItem | null)[]
): void {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  items.forEach((item, i) => {
    if (!item) {
      menu.addItem({ type: 'separator' });
      return;
    }
    const command = `item-${i}`;
    commands.addCommand(command, {
      label: item.label,
      isEnabled: () => item.enabled ?? true,
      execute: item.run
    });
    menu.addItem({ command });
  });
  menu.aboutToClose.connect(() => window.setTimeout(() => menu.dispose(), 0));
  event.preventDefault();
  event.stopPropagation();
  const box = (event.target as HTMLElement).getBoundingClientRect();
  const mouse = 'clientX' in event && event.clientX > 0;
  menu.open(mouse ? event.clientX : box.left + 24, mouse ? event.clientY : box.top + 24);
}

export function copy(text: string): void {
  Clipboard.copyToSystem(text);
}
