import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Api } from '../api';
import { type Snapshot, type Step, UNKNOWN, look, lookBack } from '../snapshot';

const INTERVAL = 5000; // milliseconds

/** Keeps a snapshot fresh while somebody can see it. */
export class Watch {
  /**
   * @param api - What is asked.
   * @param isSeen - Whether the panel is open; nothing is asked while it is not, or while the
   *   browser's tab is hidden.
   */
  constructor(
    private readonly api: Api,
    isSeen: () => boolean
  ) {
    this.poll = new Poll({
      name: 'nb2ops:watch',
      factory: () => this.look(),
      frequency: { interval: INTERVAL, backoff: false },
      standby: () => (isSeen() ? 'when-hidden' : true)
    });
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  get changed(): ISignal<this, Snapshot> {
    return this.signal;
  }

  /** Ask now. */
  refresh(): Promise<void> {
    return this.poll.refresh();
  }

  /** Load the page of runs after the last one. */
  async older(): Promise<void> {
    const cursor = this.current.runs?.next;
    if (cursor) {
      this.apply(await lookBack(this.api, cursor));
    }
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    this.apply(await look(this.api, this.current.runs));
  }

  private apply(step: Step): void {
    this.current = step(this.current);
    this.signal.emit(this.current);
  }

  private current = UNKNOWN;
  private readonly signal = new Signal<this, Snapshot>(this);
  private readonly poll: Poll;
}
