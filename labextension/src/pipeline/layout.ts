/**
 * Where the steps of a pipeline stand: layers from top to bottom, in the width that there is.
 *
 * A link that others imply (a before b before c, and a before c) is not drawn: it would only hide the rest.
 */

export interface Link {
  readonly upstream: string;
  readonly downstream: string;
}

/** `x` and `y` are the upper left corner, in pixels. */
export interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

type Point = readonly [x: number, y: number];

export interface Line<L extends Link> {
  readonly link: L;
  /** From below the upper box to above the lower one, past those between. */
  readonly points: readonly Point[];
}

export interface Layout<L extends Link> {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line<L>[];
  readonly boxWidth: number;
  readonly width: number;
  readonly height: number;
}

export const BOX_HEIGHT = 38;
const WIDEST_BOX = 150;
const NARROWEST_BOX = 64;
const BESIDE = 10;
const BELOW = 26;
const LINE_WIDTH = 8;
const SWEEPS = 6;

/** What stands in a layer: a step, or the place where a line passes on its way further down. */
interface Item {
  readonly name: string | null;
  readonly above: Item[];
  readonly below: Item[];
  x: number;
}

interface Path<L extends Link> {
  readonly link: L;
  readonly items: readonly Item[];
  readonly from: number;
}

/** Lay out steps, given in notebook order; every link leads to a step further down in that order. */
export function layOut<L extends Link>(
  steps: readonly string[],
  links: readonly L[],
  width: number
): Layout<L> {
  const drawn = withoutImplied(links);
  const { layers, paths } = itemsOf(steps, drawn);
  sortLayers(layers);
  const boxWidth = boxWidthFor(layers, width);
  const total = place(layers, boxWidth, width);
  const boxes = layers.flatMap((layer, depth) =>
    layer.flatMap(({ name, x }) => (name === null ? [] : [{ name, x: x - boxWidth / 2, y: top(depth) }]))
  );
  const height = layers.length ? top(layers.length - 1) + BOX_HEIGHT : 0;
  return { boxes, lines: paths.map(lineOf), boxWidth, width: total, height };
}

function top(layer: number): number {
  return layer * (BOX_HEIGHT + BELOW);
}

function lineOf<L extends Link>({ link, items, from }: Path<L>): Line<L> {
  const points = items.flatMap(({ x }, index): Point[] => [
    [x, top(from + index)],
    [x, top(from + index) + BOX_HEIGHT]
  ]);
  return { link, points: points.slice(1, -1) };
}

/** The links that no longer way stands for. */
function withoutImplied<L extends Link>(links: readonly L[]): L[] {
  const next = new Map<string, L[]>();
  for (const link of links) {
    next.set(link.upstream, [...(next.get(link.upstream) ?? []), link]);
  }
  const below = new Map<string, ReadonlySet<string>>();
  const reached = (step: string): ReadonlySet<string> => {
    const known = below.get(step);
    if (known) {
      return known;
    }
    const direct = (next.get(step) ?? []).map(link => link.downstream);
    const found = new Set(direct.flatMap(each => [each, ...reached(each)]));
    below.set(step, found);
    return found;
  };
  return links.filter(({ upstream, downstream }) =>
    (next.get(upstream) ?? []).every(
      other => other.downstream === downstream || !reached(other.downstream).has(downstream)
    )
  );
}

function itemsOf<L extends Link>(
  steps: readonly string[],
  links: readonly L[]
): { layers: Item[][]; paths: Path<L>[] } {
  const layers: Item[][] = [];
  const add = (name: string | null, layer: number): Item => {
    const item: Item = { name, above: [], below: [], x: 0 };
    (layers[layer] ??= []).push(item);
    return item;
  };
  const depths = depthsOf(steps, links);
  const items = new Map(steps.map(step => [step, add(step, depths.get(step) ?? 0)]));
  const paths = links.flatMap(link => {
    const start = items.get(link.upstream);
    const end = items.get(link.downstream);
    if (!start || !end) {
      return [];
    }
    const from = depths.get(link.upstream) ?? 0;
    const between = (depths.get(link.downstream) ?? 0) - from - 1;
    const passing = Array.from({ length: between }, (_, index) => add(null, from + 1 + index));
    const path = [start, ...passing, end];
    path.slice(1).forEach((item, index) => {
      path[index]?.below.push(item);
      item.above.push(path[index] ?? start);
    });
    return [{ link, items: path, from }];
  });
  return { layers, paths };
}

/** Each step one below the lowest that it waits for. */
function depthsOf(steps: readonly string[], links: readonly Link[]): Map<string, number> {
  const depths = new Map<string, number>();
  for (const step of steps) {
    const above = links.filter(link => link.downstream === step).map(link => depths.get(link.upstream) ?? 0);
    depths.set(step, Math.max(-1, ...above) + 1);
  }
  return depths;
}

/** Put each item near the middle of what it is linked to, so that few lines cross. */
function sortLayers(layers: readonly Item[][]): void {
  const number = (layer: readonly Item[]): void => {
    layer.forEach((item, index) => (item.x = index));
  };
  layers.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wish = new Map(layer.map(item => [item, mean(down ? item.above : item.below) ?? item.x]));
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      number(layer);
    }
  }
}

function boxWidthFor(layers: readonly Item[][], width: number): number {
  const widths = layers.map(layer => {
    const boxes = layer.filter(item => item.name !== null).length;
    const rest = (layer.length - boxes) * LINE_WIDTH + (layer.length - 1) * BESIDE;
    return (width - rest) / Math.max(boxes, 1);
  });
  return Math.floor(Math.max(NARROWEST_BOX, Math.min(WIDEST_BOX, ...widths)));
}

/** Give every item the x of its middle; return the width of all. */
function place(layers: readonly Item[][], boxWidth: number, width: number): number {
  const size = (item: Item): number => (item.name === null ? LINE_WIDTH : boxWidth);
  const extent = (layer: readonly Item[]): number =>
    layer.reduce((sum, item) => sum + size(item) + BESIDE, -BESIDE);
  const total = Math.max(width, ...layers.map(extent));
  for (const layer of layers) {
    const start = (total - extent(layer)) / 2;
    const begin = layer.map((_, index) => start + extent(layer.slice(0, index)) + BESIDE);
    layer.forEach((item, index) => (item.x = (begin[index] ?? 0) + size(item) / 2));
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      spread(layer, size, extent(layer), total);
    }
  }
  return total;
}

/** Move the items of a layer towards what they are linked to, as far as neighbours and edges leave room. */
function spread(layer: readonly Item[], size: (item: Item) => number, extent: number, total: number): void {
  let left = 0;
  let needed = extent;
  for (const item of layer) {
    const half = size(item) / 2;
    const wanted = mean([...item.above, ...item.below]) ?? item.x;
    item.x = Math.min(Math.max(wanted, left + half), total - needed + half);
    left = item.x + half + BESIDE;
    needed -= size(item) + BESIDE;
  }
}

function mean(items: readonly Item[]): number | null {
  return items.length ? items.reduce((sum, item) => sum + item.x, 0) / items.length : null;
}
