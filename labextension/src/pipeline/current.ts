import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { RequestError } from '../api';
import type { IPipelines } from '../pipelines';
import type { Fault, NotebookView, RunView } from '../wire';

/** What is known of the notebook in front. */
export interface CurrentState {
  /** Path of the notebook in Jupyter's contents; null where none is open. */
  readonly path: string | null;
  readonly view: NotebookView | null;
  /** The run of this notebook that goes on, null where none does. */
  readonly live: RunView | null;
  /** Whether the notebook was changed since it was saved; the view is of what was saved. */
  readonly dirty: boolean;
  readonly fault: Fault | null;
}

export const ICurrent = new Token<Current>('nb2ops:ICurrent', 'The pipeline of the notebook in front.');

const NOTHING: CurrentState = { path: null, view: null, live: null, dirty: false, fault: null };

/** Follows the notebook in front: asks for its pipeline when it is opened or saved, and for the run that goes on. */
export class Current {
  constructor(
    private readonly pipelines: IPipelines,
    private readonly notebooks: INotebookTracker
  ) {
    notebooks.currentChanged.connect(() => {
      this.follow(notebooks.currentWidget);
    });
    pipelines.watch.changed.connect(() => void this.lookAtRun());
    this.follow(notebooks.currentWidget);
  }

  get state(): CurrentState {
    return this.now;
  }

  get panel(): NotebookPanel | null {
    return this.notebooks.currentWidget;
  }

  get changed(): ISignal<this, CurrentState> {
    return this.signal;
  }

  /** Save the notebook, so that the server reads what is on the screen; return its path. */
  async save(): Promise<string | null> {
    const { panel } = this;
    if (panel && panel.context.model.dirty && !panel.context.model.readOnly) {
      await panel.context.save();
    }
    return panel?.context.path ?? null;
  }

  /** Ask for the pipeline anew. */
  async refresh(): Promise<void> {
    const path = this.panel?.context.path ?? null;
    if (path === null || !this.seen) {
      this.pending = path !== null;
      return;
    }
    this.pending = false;
    try {
      const view = await this.pipelines.api.pipeline(path);
      this.set(path, { view, fault: null });
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      this.set(path, { fault: error.fault });
    }
  }

  /** Tell whether somebody looks; nothing is asked while nobody does. */
  setSeen(seen: boolean): void {
    this.seen = seen;
    if (seen && this.pending) {
      void this.refresh();
    }
  }

  private follow(panel: NotebookPanel | null): void {
    if (panel === this.followed) {
      return;
    }
    this.followed = panel;
    const path = panel?.context.path ?? null;
    this.now = { ...NOTHING, path };
    this.signal.emit(this.now);
    if (panel && !this.known.has(panel)) {
      this.known.add(panel);
      this.listen(panel);
    }
    void panel?.context.ready.then(() => this.refresh());
  }

  private listen(panel: NotebookPanel): void {
    const { context } = panel;
    context.saveState.connect((_, state) => {
      if (state === 'completed' && panel === this.followed) {
        void this.refresh();
      }
    });
    context.pathChanged.connect(() => {
      if (panel === this.followed) {
        this.followed = null;
        this.follow(panel);
      }
    });
    void context.ready.then(() => {
      context.model.stateChanged.connect((model, change) => {
        if (change.name === 'dirty' && panel === this.followed) {
          this.set(context.path, { dirty: model.dirty });
        }
      });
    });
  }

  private async lookAtRun(): Promise<void> {
    const { path, live } = this.now;
    const { recent } = this.pipelines.watch.snapshot;
    const going = recent.find(
      run => run.path === path && path !== null && run.end === null && run.start !== null
    );
    if (going === undefined) {
      if (live !== null && path !== null) {
        this.set(path, { live: null });
      }
    } else if (this.seen && path !== null) {
      const view = await this.pipelines.api.run(going.id).catch(() => null);
      this.set(path, { live: view?.over === false ? view : null });
    }
  }

  private set(path: string, known: Partial<CurrentState>): void {
    if (path === this.panel?.context.path) {
      this.now = { ...this.now, ...known, path };
      this.signal.emit(this.now);
    }
  }

  private now = NOTHING;
  private seen = false;
  private pending = false;
  private followed: NotebookPanel | null = null;
  private readonly known = new WeakSet<NotebookPanel>();
  private readonly signal = new Signal<this, CurrentState>(this);
}
