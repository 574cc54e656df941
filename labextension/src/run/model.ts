import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IPipelines } from '../pipelines';
import { faultOf } from '../snapshot';
import type { Fault, RunView } from '../wire';
import { EMPTY, type Log, append } from './log';

export interface RunState {
  readonly view: RunView | null;
  readonly log: Log;
  readonly fault: Fault | null;
}

const TAIL = 200; // lines that are read first
const AT_ONCE = 200; // what the server gives at most

/** Follows one run to its end; asks only while its view can be seen. */
export class RunModel {
  constructor(
    readonly id: string,
    private readonly pipelines: IPipelines,
    isSeen: () => boolean
  ) {
    this.poll = new Poll({
      name: `nb2ops:run:${id}`,
      factory: () => this.look(),
      frequency: { interval: 2000, backoff: false },
      standby: () => (isSeen() && !this.isDone ? 'when-hidden' : true)
    });
    pipelines.watch.changed.connect(() => {
      this.nudge();
    });
  }

  get state(): RunState {
    return this.now;
  }

  get changed(): ISignal<this, RunState> {
    return this.signal;
  }

  /** Ask now, also of a run that is over: it may have been tried again. */
  refresh(): Promise<void> {
    return this.look();
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private get isDone(): boolean {
    return this.now.view?.over === true && this.now.log.ended;
  }

  /** Something changed: the list knows of another state than this. */
  private nudge(): void {
    const listed = this.pipelines.watch.snapshot.recent.find(run => run.id === this.id);
    const known = this.now.view?.run;
    if (known && listed && (listed.state !== known.state || !this.isDone)) {
      void this.poll.refresh();
    }
  }

  /** Who asks while an answer is on its way gets that one: the log would be read twice. */
  private look(): Promise<void> {
    this.looking ??= this.ask().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async ask(): Promise<void> {
    try {
      const view = await this.pipelines.api.run(this.id);
      this.set({ view, fault: null });
      await this.readLog();
    } catch (error) {
      this.set({ fault: faultOf(error) });
    }
  }

  private async readLog(): Promise<void> {
    const { next } = this.now.log;
    const query = next === null ? { tail: true, limit: TAIL } : { cursor: next, limit: AT_ONCE };
    const page = await this.pipelines.api.log(this.id, query);
    this.set({ log: append(this.now.log, page) });
    if (page.more) {
      await this.readLog();
    }
  }

  private set(known: Partial<RunState>): void {
    this.now = { ...this.now, ...known };
    this.signal.emit(this.now);
  }

  private now: RunState = { view: null, log: EMPTY, fault: null };
  private looking: Promise<void> | null = null;
  private readonly signal = new Signal<this, RunState>(this);
  private readonly poll: Poll;
}
