import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Layout, type Link, layOut } from '../src/pipeline/layout';
import { wire } from './wire';

function links(text: string): Link[] {
  return text.split(' ').map(pair => {
    const [upstream = '', downstream = ''] = pair.split('>');
    return { upstream, downstream };
  });
}

/** The names in each layer, left to right. */
function rows({ boxes }: Layout<Link>): string {
  const layers = [...new Set(boxes.map(box => box.y))].sort((a, b) => a - b);
  const row = (y: number): string =>
    boxes
      .filter(box => box.y === y)
      .sort((a, b) => a.x - b.x)
      .map(box => box.name)
      .join('');
  return layers.map(row).join(' ');
}

test('a step stands below all that it waits for', () => {
  const table: [string, string, string, string][] = [
    ['a chain', 'abc', 'a>b b>c', 'a b c'],
    ['two branches', 'abcd', 'a>b a>c b>d c>d', 'a bc d'],
    ['no crossing', 'abcdef', 'a>b a>c c>d b>e d>f e>f', 'a bc ed f'],
    ['a long way beside a short one', 'abcd', 'a>b b>c c>d a>d', 'a b c d']
  ];
  for (const [what, steps, given, expected] of table) {
    assert.equal(rows(layOut(Array.from(steps), links(given), 250)), expected, what);
  }
});

test('what other links imply is not drawn', () => {
  const drawn = layOut(Array.from('abcd'), links('a>b b>c a>c c>d a>d'), 250).lines;
  assert.deepEqual(
    drawn.map(({ link }) => `${link.upstream}>${link.downstream}`),
    ['a>b', 'b>c', 'c>d']
  );
});

test('boxes stay within the width, and never overlap', () => {
  for (const width of [220, 250, 600]) {
    const { boxes, boxWidth } = layOut(Array.from('abcde'), links('a>b a>c b>d c>d a>e'), width);
    for (const box of boxes) {
      assert.ok(box.x >= 0 && box.x + boxWidth <= width, `${box.name} at ${width}`);
      const beside = boxes.filter(each => each.y === box.y && each !== box);
      assert.ok(beside.every(each => Math.abs(each.x - box.x) >= boxWidth));
    }
  }
});

test('where too many stand side by side, they keep a readable width', () => {
  const steps = Array.from({ length: 9 }, (_, index) => `s${index}`);
  const { boxWidth, width } = layOut(steps, [], 200);
  assert.ok(boxWidth >= 64);
  assert.ok(width >= 9 * boxWidth);
});

test('a line runs from below the upper box to above the lower one', () => {
  const { boxes, lines } = layOut(Array.from('ab'), links('a>b'), 250);
  const [first, last] = [lines[0]?.points[0], lines[0]?.points.at(-1)];
  assert.deepEqual([first?.[1], last?.[1]], [38, boxes[1]?.y]);
});

test('the example of a pipeline is laid out in full', () => {
  const { pipeline } = wire('pipeline');
  const laid = layOut(pipeline?.steps.map(step => step.name) ?? [], pipeline?.edges ?? [], 226);
  assert.equal(laid.boxes.length, pipeline?.steps.length);
});
