import * as React from 'react';
import { type IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import type { PartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import type { JsonObject } from '../wire';

/** Outputs of a cell by JupyterLab's own renderers, not trusted: what they would run is left out. */
export function Outputs(props: {
  readonly outputs: readonly JsonObject[];
  readonly rendermime: IRenderMimeRegistry;
}): React.JSX.Element {
  const { outputs, rendermime } = props;
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const node = host.current;
    const widgets = node ? outputs.map(output => show(output, node, rendermime)) : [];
    return () => {
      widgets.forEach(widget => widget?.dispose());
    };
  }, [outputs, rendermime]);
  return <div ref={host} className="nb2ops-Outputs" />;
}

function show(output: JsonObject, node: HTMLElement, rendermime: IRenderMimeRegistry): Widget | null {
  const data = dataOf(output);
  const type = rendermime.preferredMimeType(data, 'ensure');
  if (type === undefined) {
    return null;
  }
  const widget = rendermime.createRenderer(type);
  void widget.renderModel(new MimeModel({ data, trusted: false }));
  Widget.attach(widget, node);
  return widget;
}

/** The data of an output by media type, as nbformat holds it. */
function dataOf({ output_type, name, text, traceback, data }: JsonObject): PartialJSONObject {
  switch (output_type) {
    case 'stream':
      return { [`application/vnd.jupyter.${name === 'stderr' ? 'stderr' : 'stdout'}`]: joined(text) };
    case 'error':
      return { 'application/vnd.jupyter.stderr': Array.isArray(traceback) ? traceback.join('\n') : '' };
    default:
      return Object.fromEntries(
        Object.entries((data ?? {}) as JsonObject).map(([type, value]) => [
          type,
          Array.isArray(value) ? joined(value) : (value as string)
        ])
      );
  }
}

function joined(text: unknown): string {
  return Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '';
}
