import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { type NamedCell, revealCell } from '../notebook/cells';
import type { RunView } from '../wire';

/** Open the notebook that a run was of at the cell that ended it, with what was said there. */
export async function goToFailure({ run, failure }: RunView, documents: IDocumentManager): Promise<void> {
  if (run.path === null || failure?.cell == null) {
    return;
  }
  const panel = await open(run.path, { ...failure, cell: failure.cell }, failure.line, documents);
  const cell = panel?.content.activeCell;
  if (cell) {
    tell(cell, `${run.flow}, ${run.name}: ${failure.message}`);
  }
}

/** Open the notebook that a run was of at the cell of a step that runs, else at its first. */
export async function goToStep(
  { run, steps }: RunView,
  step: string,
  documents: IDocumentManager
): Promise<void> {
  const found = steps.find(each => each.name === step);
  if (run.path !== null) {
    await open(run.path, found?.cell ?? found?.first ?? null, null, documents);
  }
}

async function open(
  path: string,
  cell: NamedCell | null,
  line: number | null,
  documents: IDocumentManager
): Promise<NotebookPanel | undefined> {
  const panel = documents.openOrReveal(path) as NotebookPanel | undefined;
  if (panel && cell !== null) {
    await revealCell(panel, cell, line);
  }
  return panel;
}

/** Say below a cell what a run said of it, until the cell is changed. */
function tell(cell: Cell, text: string): void {
  cell.node.querySelector('.nb2ops-Told')?.remove();
  const note = document.createElement('div');
  note.className = 'nb2ops-Told';
  note.setAttribute('role', 'note');
  note.textContent = text;
  cell.node.append(note);
  const away = (): void => {
    note.remove();
    cell.model.sharedModel.changed.disconnect(away);
  };
  cell.model.sharedModel.changed.connect(away);
}
