import type { RunStep } from '../wire';

/** A step on the axis of time: where its bar begins and how long it is, as shares of the whole. */
export interface Bar {
  readonly step: RunStep;
  readonly from: number;
  readonly length: number;
}

/** The steps that began, against the time from the first beginning to the last end, or now. */
export function bars(steps: readonly RunStep[], now: number): Bar[] {
  const begun = steps.flatMap(step => {
    const start = step.start === null ? NaN : Date.parse(step.start);
    return Number.isNaN(start) ? [] : [{ step, start, end: step.end === null ? now : Date.parse(step.end) }];
  });
  const first = Math.min(...begun.map(each => each.start));
  const last = Math.max(...begun.map(each => each.end), first + 1);
  return begun.map(({ step, start, end }) => ({
    step,
    from: (start - first) / (last - first),
    length: Math.max(end - start, 0) / (last - first)
  }));
}
