import { Signal } from '@lumino/signaling';

/** The runs that were started here, until somebody has told how they ended. */
export class Started {
  readonly ids = new Set<string>();
  readonly added = new Signal<this, string>(this);

  add(id: string): void {
    this.ids.add(id);
    this.added.emit(id);
  }
}
