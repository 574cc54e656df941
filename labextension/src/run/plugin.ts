import { type JupyterFrontEnd, type JupyterFrontEndPlugin, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, InputDialog, WidgetTracker } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Commands } from '../commands';
import { tellFaults } from '../pipeline/actions';
import { IPipelines } from '../pipelines';
import type { Run } from '../wire';
import { RunWidget } from './page';
import { reportId, reportWidget } from './report';
import { goToFailure, goToStep } from './source';

/** The view of a run, and what can be done with one; all commands take its `id`, or ask for a run. */
export const run: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:run',
  description: 'Shows a run: its steps, log, results.',
  autoStart: true,
  requires: [IPipelines, IDocumentManager],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    pipelines: IPipelines,
    documents: IDocumentManager,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const { commands, shell } = app;
    const { api, watch, started } = pipelines;
    const { trans } = pipelines.reader();
    const opened = new WidgetTracker<RunWidget>({ namespace: 'nb2ops-run' });
    void restorer?.restore(opened, {
      command: Commands.openRun,
      args: widget => ({ id: widget.run }),
      name: widget => widget.run
    });
    /** The run that is named, the one whose view is in front, or one that somebody chooses. */
    const which = async ({ id }: ReadonlyPartialJSONObject): Promise<string | null> => {
      if (typeof id === 'string') {
        return id;
      }
      return shell.currentWidget instanceof RunWidget
        ? shell.currentWidget.run
        : chooseRun(watch.snapshot.recent, pipelines);
    };
    const add = (
      command: string,
      label: string,
      act: (id: string, args: ReadonlyPartialJSONObject) => Promise<unknown>,
      caption = ''
    ): void => {
      commands.addCommand(command, {
        label,
        caption,
        execute: async args => {
          const id = await which(args);
          return id === null ? null : tellFaults(() => act(id, args));
        }
      });
    };
    add(Commands.openRun, trans.__('Open Run'), async id => {
      const known = opened.find(widget => widget.run === id);
      const widget = known ?? new RunWidget(id, pipelines, commands);
      if (!known) {
        await opened.add(widget);
        shell.add(widget, 'main');
      }
      shell.activateById(widget.id);
      await widget.model.refresh();
    });
    add(Commands.openReport, trans.__('Report'), async id => {
      const known = [...shell.widgets('main')].find(widget => widget.id === reportId(id));
      const widget = known ?? reportWidget(id, await api.report(id), trans);
      if (!known) {
        shell.add(widget, 'main');
      }
      shell.activateById(widget.id);
    });
    add(Commands.goToFailure, trans.__('Go to Failed Cell'), async id =>
      goToFailure(await api.run(id), documents)
    );
    add(Commands.goToStep, trans.__('Go to Step'), async (id, { step }) =>
      goToStep(await api.run(id), step as string, documents)
    );
    add(Commands.cancelRun, trans.__('Cancel Run'), async id => {
      await api.cancelRun(id);
      await watch.refresh();
    });
    const follow = async ({ id }: Run): Promise<void> => {
      started.add(id);
      await commands.execute(Commands.openRun, { id });
      await watch.refresh();
    };
    add(
      Commands.retryRun,
      trans.__('Retry'),
      async id => follow(await api.retryRun(id)),
      trans.__('Run all of its steps again')
    );
    add(
      Commands.resumeRun,
      trans.__('Resume'),
      async id => follow(await api.resumeRun(id)),
      trans.__('Go on with this run: steps that completed do not run again')
    );
    const category = trans.__('Notebook Pipelines');
    for (const command of [
      Commands.openRun,
      Commands.openReport,
      Commands.goToFailure,
      Commands.cancelRun,
      Commands.retryRun,
      Commands.resumeRun
    ]) {
      palette?.addItem({ command, category });
    }
  }
};

/** Let somebody choose among runs; null where nobody does. */
export async function chooseRun(runs: readonly Run[], pipelines: IPipelines): Promise<string | null> {
  const { trans, language, zone } = pipelines.reader();
  const format = new Intl.DateTimeFormat(language, {
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZone: zone
  });
  const labels = runs.map(each => {
    const began = each.start ?? each.expected;
    return [each.flow, each.state, began && format.format(Date.parse(began)), each.name]
      .filter(Boolean)
      .join(' · ');
  });
  const { value } = await InputDialog.getItem({ title: trans.__('Which run?'), items: labels });
  return value === null ? null : (runs[labels.indexOf(value)]?.id ?? null);
}
