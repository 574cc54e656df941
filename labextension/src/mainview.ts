import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import { keepFocus } from './focus';
import { pipelineIcon } from './icon';

/** A view of ours in the main area; it takes the focus when it comes to the front, and keeps it when it changes. */
export class MainView<T extends Widget> extends MainAreaWidget<T> {
  constructor(id: string, content: T) {
    super({ content });
    this.id = id;
    this.title.icon = pipelineIcon;
    this.title.closable = true;
    content.node.tabIndex = -1;
    keepFocus(content.node);
  }
}
