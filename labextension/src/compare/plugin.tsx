import * as React from 'react';
import { type JupyterFrontEnd, type JupyterFrontEndPlugin, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Commands } from '../commands';
import { MainView } from '../mainview';
import { tellFaults } from '../pipeline/actions';
import { IPipelines } from '../pipelines';
import { chooseRun } from '../run/plugin';
import { Outputs } from './outputs';
import type { Run } from '../wire';
import { ComparePage } from './view';

/** Two runs in the main area. */
class CompareWidget extends MainView<ReactWidget> {
  constructor(
    readonly first: string,
    readonly second: string,
    content: ReactWidget
  ) {
    super(`nb2ops-compare-${first}-${second}`, content);
    this.addClass('nb2ops-Main');
  }
}

/** Compares two runs: parameters, metrics, durations, versions, cells and their outputs. */
export const compare: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:compare',
  description: 'Compares two runs.',
  autoStart: true,
  requires: [IPipelines, IRenderMimeRegistry],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    pipelines: IPipelines,
    rendermime: IRenderMimeRegistry,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const { commands, shell } = app;
    const { api, watch } = pipelines;
    const { trans } = pipelines.reader();
    const opened = new WidgetTracker<CompareWidget>({ namespace: 'nb2ops-compare' });
    void restorer?.restore(opened, {
      command: Commands.compareRuns,
      args: ({ first, second }) => ({ first, second }),
      name: ({ id }) => id
    });
    const show = async (first: string, second: string): Promise<void> => {
      const comparison = await api.compare(first, second);
      const page = (
        <ComparePage
          comparison={comparison}
          show={outputs => <Outputs outputs={outputs} rendermime={rendermime} />}
          reader={pipelines.reader()}
        />
      );
      const widget = new CompareWidget(first, second, ReactWidget.create(page));
      widget.title.label = trans.__('%1 and %2', ...comparison.runs.map(run => run.name));
      shell.add(widget, 'main');
      await opened.add(widget);
      shell.activateById(widget.id);
    };
    commands.addCommand(Commands.compareRuns, {
      label: trans.__('Compare With…'),
      caption: trans.__('Compare this run with another'),
      execute: async args => {
        const { recent } = watch.snapshot;
        const given = args.first ?? args.id;
        const first = typeof given === 'string' ? given : await chooseRun(recent, pipelines);
        if (first === null) {
          return;
        }
        const flow = recent.find(each => each.id === first)?.flow;
        const others = othersThan(first, flow, recent);
        const second = typeof args.second === 'string' ? args.second : await chooseRun(others, pipelines);
        if (second !== null) {
          const known = opened.find(widget => widget.first === first && widget.second === second);
          if (known) {
            shell.activateById(known.id);
          } else {
            await tellFaults(() => show(first, second));
          }
        }
      }
    });
    palette?.addItem({ command: Commands.compareRuns, category: trans.__('Notebook Pipelines') });
  }
};

/** The runs to compare one with: those of the same notebook, where there are any. */
function othersThan(first: string, flow: string | undefined, recent: readonly Run[]): Run[] {
  const others = recent.filter(each => each.id !== first);
  const same = others.filter(each => each.flow === flow);
  return same.length ? same : others;
}
