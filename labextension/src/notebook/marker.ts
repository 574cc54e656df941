import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Throttler } from '@lumino/polling';
import { colour } from '../colours';
import { type Mark, marks } from '../marks';
import { markedCells } from './cells';
import { markWords } from './words';

const AT_MOST_EVERY = 100; // milliseconds

/** Keeps the marks at the left of one notebook's cells current. */
export class Marker {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly trans: TranslationBundle,
    private readonly colours: () => readonly string[]
  ) {
    this.throttler = new Throttler(() => {
      this.update();
    }, AT_MOST_EVERY);
    panel.disposed.connect(() => {
      this.throttler.dispose();
    });
    void panel.context.ready.then(() => {
      panel.content.modelContentChanged.connect(() => void this.throttler.invoke());
      this.update();
    });
  }

  update(): void {
    if (this.panel.isDisposed) {
      return;
    }
    const found = marks(markedCells(this.panel.content.model));
    this.panel.content.widgets.forEach((cell, place) => {
      this.show(cell, found[place] ?? null);
    });
  }

  private show(cell: Cell, mark: Mark | null): void {
    const { node } = cell;
    node.classList.toggle('nb2ops-mod-tagged', mark !== null && mark.role !== null);
    node.classList.toggle('nb2ops-mod-continues', mark !== null && mark.role === null);
    if (mark === null) {
      this.shown.get(cell)?.remove();
      this.shown.delete(cell);
      return;
    }
    const label = this.shown.get(cell) ?? this.create(cell);
    const [name, rest] = markWords(mark, this.trans);
    label.firstChild?.replaceWith(name);
    label.lastElementChild?.replaceChildren(rest);
    label.title = [name, rest].join(' ').trim();
    node.style.setProperty(
      '--nb2ops-colour',
      mark.colour === null ? 'var(--jp-border-color1)' : colour(mark.colour, this.colours())
    );
  }

  private create(cell: Cell): HTMLElement {
    const label = document.createElement('div');
    label.className = 'nb2ops-Mark';
    label.append('', ' ', document.createElement('span'));
    cell.node.append(label); // last: lumino finds the cell's widgets by their place among the children
    this.shown.set(cell, label);
    return label;
  }

  private readonly shown = new Map<Cell, HTMLElement>();
  private readonly throttler: Throttler;
}
