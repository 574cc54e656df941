import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { INotebookModel, Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { type MarkedCell, placeOfCell } from '../marks';

/** Tags of cells, read from and written to the model that all who have the notebook open share. */

export function tagsOf(model: ICellModel): string[] {
  const tags: unknown = model.getMetadata('tags');
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : [];
}

export function markedCells(model: INotebookModel | null): MarkedCell[] {
  return Array.from(model?.cells ?? [], each => ({
    tags: tagsOf(each),
    runs: each.type === 'code' && each.sharedModel.getSource().trim() !== ''
  }));
}

/** Give cells new tags, as one change that one undo takes back. */
export function writeTags(notebook: Notebook, tags: ReadonlyMap<ICellModel, readonly string[]>): void {
  const shared: (INotebookModel['sharedModel'] & Capturing) | undefined = notebook.model?.sharedModel;
  shared?.undoManager?.stopCapturing(); // else what was changed within half a second before is undone with it
  shared?.transact(() => {
    for (const [model, each] of tags) {
      if (each.length) {
        model.setMetadata('tags', each);
      } else {
        model.deleteMetadata('tags');
      }
    }
  });
}

/** Implemented by the notebooks of @jupyter/ydoc, not promised by their interface. */
interface Capturing {
  readonly undoManager?: { stopCapturing(): void };
}

/** The code cells that the next command is about: those selected, and the active one. */
export function chosenCells(notebook: Notebook | undefined): Cell[] {
  return (
    notebook?.widgets.filter(cell => notebook.isSelectedOrActive(cell) && cell.model.type === 'code') ?? []
  );
}

/** A cell as others name it: its number, and its id, which stays when cells come and go before it. */
export interface NamedCell {
  readonly cell: number;
  readonly id?: string | null;
}

/** Bring a cell into view and put the cursor on a line of it (from 1). */
export async function revealCell(panel: NotebookPanel, named: NamedCell, line: number | null): Promise<void> {
  await panel.context.ready;
  const { content } = panel;
  const known = content.widgets.findIndex(({ model }) => model.id === named.id);
  const place = known < 0 ? placeOfCell(markedCells(content.model), named.cell) : known;
  if (place === null) {
    return;
  }
  content.activeCellIndex = place;
  content.deselectAll();
  await content.scrollToItem(place, 'smart');
  const cell = content.activeCell;
  await cell?.ready;
  if (line !== null) {
    content.mode = 'edit';
    cell?.editor?.setCursorPosition({ line: line - 1, column: 0 });
  }
  content.activate();
}
