/** How a state looks: its sign and colour. The word always stands beside it. */
export type Tone = 'good' | 'bad' | 'stopped' | 'paused' | 'live' | 'waiting';

const TONES: ReadonlyMap<string, Tone> = new Map([
  ['Completed', 'good'],
  ['Cached', 'good'],
  ['Failed', 'bad'],
  ['Crashed', 'bad'],
  ['Rejected', 'bad'],
  ['TimedOut', 'bad'],
  ['Running', 'live'],
  ['Retrying', 'live'],
  ['Cancelling', 'stopped'],
  ['Cancelled', 'stopped'],
  ['Paused', 'paused'],
  ['Suspended', 'paused'],
  ['Late', 'stopped']
]);

/** The tone of one of Prefect's state names; what is not known here waits. */
export function tone(state: string): Tone {
  return TONES.get(state) ?? 'waiting';
}
