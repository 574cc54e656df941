import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { InputDialog } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import type { ICellModel } from '@jupyterlab/cells';
import { DOMAIN } from '../reader';
import { stepNames } from '../marks';
import { type Meaning, isName, read, toggleAfter, withRole, withoutOurs } from '../tags';
import { chosenCells, markedCells, tagsOf, writeTags } from './cells';

/** Changes the tags of the chosen cells of a notebook; what the menu and the commands do. */
export class Tagging {
  constructor(
    private readonly current: () => NotebookPanel | null,
    private readonly translator: ITranslator,
    private readonly onTagged: (panel: NotebookPanel) => void
  ) {}

  get isPossible(): boolean {
    return this.cells.length > 0;
  }

  get steps(): string[] {
    return stepNames(markedCells(this.notebook?.model ?? null));
  }

  /** What the tags of the active cell say. */
  get meaning(): Meaning {
    const active = this.notebook?.activeCell;
    return read(active ? tagsOf(active.model) : []);
  }

  setRole(role: string): void {
    this.change(tags => withRole(tags, role));
  }

  clear(): void {
    this.change(withoutOurs);
  }

  toggleAfter(step: string): void {
    this.change(tags => toggleAfter(tags, step));
  }

  /** Ask for the name of a step; null where nobody gave one. */
  async askForStep(title: string): Promise<string | null> {
    const trans = this.translator.load(DOMAIN);
    const { value } = await InputDialog.getText({
      title,
      label: trans.__('Letters, digits, - and _'),
      placeholder: trans.__('load'),
      pattern: '[A-Za-z0-9][A-Za-z0-9_\\-]*',
      required: true
    });
    return value !== null && isName(value) ? value : null;
  }

  private get notebook(): Notebook | undefined {
    return this.current()?.content;
  }

  private get cells(): ICellModel[] {
    return chosenCells(this.notebook).map(cell => cell.model);
  }

  private change(next: (tags: readonly string[]) => string[]): void {
    const panel = this.current();
    if (panel) {
      writeTags(panel.content, new Map(this.cells.map(model => [model, next(tagsOf(model))])));
      this.onTagged(panel);
    }
  }
}
