import * as React from 'react';
import { Sign } from '../sidebar/parts';
import { colour } from '../colours';
import { tone } from '../states';
import type { Edge } from '../wire';
import { BOX_HEIGHT, type Line, layOut } from './layout';

/** A step as the graph shows it. */
export interface DagStep {
  readonly name: string;
  /** Small print below the name: cell counts, progress. */
  readonly facts: string;
  /** All that there is to say about it, shown where the pointer or the focus is. */
  readonly details: readonly string[];
  /** The state of a run; null where the graph is of a notebook. */
  readonly state: string | null;
}

/** Room around the graph for outlines, in pixels (see `.nb2ops-Dag-scroll`). */
const MARGIN = 4;
const USUAL_WIDTH = 240; // pixels, until it is measured

interface IProps {
  readonly label: string;
  readonly steps: readonly DagStep[];
  readonly edges: readonly Edge[];
  readonly colours: readonly string[];
  /** Sentence of an edge: which step waits for which. */
  readonly waits: (edge: Edge) => string;
  readonly onStep: (name: string) => void;
}

/** The steps of a pipeline, top to bottom; why one waits for another is told where the pointer or the focus is. */
export function Dag(props: IProps): React.JSX.Element {
  const { label, steps, edges, colours, waits, onStep } = props;
  const frame = React.useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [told, tell] = React.useState<readonly string[]>([]);
  const names = steps.map(step => step.name);
  const graph = React.useMemo(
    () => layOut(names, edges, Math.max(width - 2 * MARGIN, 120)),
    [names.join('\n'), edges, width]
  );
  const byName = new Map(steps.map(step => [step.name, step]));
  const tellStep = (step: DagStep): void => {
    const reasons = edges
      .filter(edge => edge.downstream === step.name)
      .flatMap(edge => reasonsOf(edge, waits));
    tell([...step.details, ...reasons]);
  };
  return (
    <div ref={frame} className="nb2ops-Dag">
      <div className="nb2ops-Dag-scroll">
        <div
          className="nb2ops-Dag-graph"
          role="group"
          aria-label={label}
          style={{ width: graph.width, height: graph.height }}
        >
          <svg width={graph.width} height={graph.height} aria-hidden="true">
            {graph.lines.map(line => (
              <g
                key={`${line.link.upstream} ${line.link.downstream}`}
                className={line.link.reasons.some(each => each.kind === 'kernel') ? 'nb2ops-mod-joined' : ''}
                onPointerEnter={() => {
                  tell(reasonsOf(line.link, waits));
                }}
              >
                <path className="nb2ops-Dag-hit" d={curve(line)} />
                <path className="nb2ops-Dag-line" d={curve(line)} />
              </g>
            ))}
          </svg>
          {graph.boxes.map(({ name, x, y }) => {
            const step = byName.get(name);
            const place = names.indexOf(name);
            return (
              step && (
                <button
                  key={name}
                  className={`nb2ops-Dag-step${step.state === null ? '' : ` nb2ops-mod-${tone(step.state)}`}`}
                  style={boxStyle(x, y, graph.boxWidth, colour(place, colours))}
                  onPointerEnter={() => {
                    tellStep(step);
                  }}
                  onFocus={() => {
                    tellStep(step);
                  }}
                  onClick={() => {
                    onStep(name);
                  }}
                >
                  <span className="nb2ops-Dag-name" title={name}>
                    {name}
                  </span>
                  <span className="nb2ops-Dag-facts">
                    {step.state !== null && <Sign state={step.state} />} {step.facts}
                  </span>
                </button>
              )
            );
          })}
        </div>
      </div>
      {told.length > 0 && (
        <ul className="nb2ops-Dag-told">
          {told.map((sentence, place) => (
            <li key={place}>{sentence}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function reasonsOf(edge: Edge, waits: (edge: Edge) => string): string[] {
  return [waits(edge), ...edge.reasons.map(reason => reason.text)];
}

function boxStyle(x: number, y: number, width: number, stripe: string): React.CSSProperties {
  return { left: x, top: y, width, height: BOX_HEIGHT, '--nb2ops-colour': stripe } as React.CSSProperties;
}

/** Straight past the boxes, bent between the layers. */
function curve({ points }: Line<Edge>): string {
  const [[x, y] = [0, 0]] = points;
  const bends = points.slice(1).map(([toX, toY], index) => {
    const [fromX, fromY] = points[index] ?? [x, y];
    const middle = (fromY + toY) / 2;
    return `C${fromX} ${middle} ${toX} ${middle} ${toX} ${toY}`;
  });
  return `M${x} ${y}${bends.join('')}`;
}

/** The width of an element in pixels, followed as it changes. */
function useWidth(ref: React.RefObject<HTMLElement>): number {
  const [width, set] = React.useState(USUAL_WIDTH);
  React.useEffect(() => {
    const element = ref.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(() => {
      set(element.clientWidth);
    });
    observer.observe(element);
    set(element.clientWidth);
    return () => {
      observer.disconnect();
    };
  }, [ref]);
  return width;
}
