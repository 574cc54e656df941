import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Api } from './api';
import { type Snapshot, type Step, UNKNOWN, look, lookBack } from './snapshot';
import type { RunQuery } from './wire';

const UNSEEN = 6; // times longer between two looks while only the status bar shows something

/** Keeps a snapshot fresh: quickly while somebody looks at it, slowly for the status bar, not in a hidden tab. */
export class Watch {
  /**
   * @param api - What is asked.
   * @param interval - Milliseconds between two looks while somebody looks at the panel.
   */
  constructor(
    private readonly api: Api,
    private interval: number
  ) {
    this.poll = new Poll({
      name: 'nb2ops:watch',
      factory: () => this.look(),
      frequency: { interval: interval * UNSEEN, backoff: false },
      standby: 'when-hidden'
    });
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  get changed(): ISignal<this, Snapshot> {
    return this.signal;
  }

  /** Which runs are wanted; the list begins anew. */
  get filter(): RunQuery {
    return this.wanted;
  }

  set filter(wanted: RunQuery) {
    this.wanted = wanted;
    this.apply(before => ({ ...before, runs: null }));
    void this.refresh();
  }

  /** Look at that pace from now on. */
  setInterval(interval: number): void {
    this.interval = interval;
    this.keepPace();
  }

  /** Tell whether somebody looks, by a name for the place where. */
  seen(place: string, isSeen: boolean): void {
    const before = this.places.size;
    if (isSeen) {
      this.places.add(place);
    } else {
      this.places.delete(place);
    }
    this.keepPace();
    if (this.places.size > before) {
      void this.refresh();
    }
  }

  /** Ask now. */
  refresh(): Promise<void> {
    return this.poll.refresh();
  }

  /** Load the page of runs after the last one. */
  async older(): Promise<void> {
    const cursor = this.current.runs?.next;
    if (cursor && cursor !== this.asked) {
      this.asked = cursor;
      try {
        this.apply(await lookBack(this.api, cursor, this.wanted));
      } finally {
        this.asked = null;
      }
    }
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private keepPace(): void {
    const interval = this.interval * (this.places.size ? 1 : UNSEEN);
    if (interval !== this.poll.frequency.interval) {
      this.poll.frequency = { ...this.poll.frequency, interval };
    }
  }

  private async look(): Promise<void> {
    const wanted = this.wanted;
    const step = await look(this.api, this.current.runs, wanted);
    if (wanted === this.wanted) {
      this.apply(step);
    }
  }

  private apply(step: Step): void {
    this.current = step(this.current);
    this.signal.emit(this.current);
  }

  private current = UNKNOWN;
  private wanted: RunQuery = {};
  private asked: string | null = null;
  private readonly places = new Set<string>();
  private readonly signal = new Signal<this, Snapshot>(this);
  private readonly poll: Poll;
}
