import * as React from 'react';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { RequestError } from '../api';
import { DeployForm } from '../forms/deploy';
import { showForm } from '../forms/dialog';
import { RunForm } from '../forms/run';
import { tagsOf, writeTags } from '../notebook/cells';
import type { IPipelines } from '../pipelines';
import type { NotebookView, Run } from '../wire';
import type { Current } from './current';
import { ProposalPreview } from './proposal';

const SHOWN = 5000; // milliseconds that a message stays

/** What can be done with the notebook in front. It is saved first, so that the server reads what is on the screen. */
export class Actions {
  constructor(
    private readonly pipelines: IPipelines,
    private readonly current: Current
  ) {}

  get isPossible(): boolean {
    return this.current.panel !== null;
  }

  /** Ask for parameters and start a run; null where nobody wanted to. */
  async run(): Promise<Run | null> {
    const view = await this.read();
    if (!view?.pipeline) {
      return null;
    }
    const { api, started, watch } = this.pipelines;
    const { trans } = this.pipelines.reader();
    const { path, pipeline } = view;
    const form = new RunForm(
      pipeline.parameters,
      {},
      trans,
      (parameters, force) => api.startRun({ path, parameters, force }),
      true
    );
    const run = await showForm(trans.__('Run %1', pipeline.name), form, trans.__('Run'));
    if (run) {
      started.add(run.id);
      void watch.refresh();
    }
    return run;
  }

  async deploy(): Promise<void> {
    const view = await this.read();
    if (!view?.pipeline) {
      return;
    }
    const { api, watch } = this.pipelines;
    const reader = this.pipelines.reader();
    const { trans } = reader;
    const { name, parameters } = view.pipeline;
    const pools = watch.snapshot.health?.pools ?? [];
    const form = new DeployForm(view.path, name, parameters, pools, api, reader);
    const done = await showForm(trans.__('Deploy %1', name), form, trans.__('Deploy'));
    if (done) {
      const { change, name: deployed, notices } = done.deployment;
      const words =
        change === 'created' ? trans.__('Deployed %1.', deployed) : trans.__('Updated %1.', deployed);
      Notification.success([words, ...notices].join(' '), { autoClose: SHOWN });
      void watch.refresh();
    }
  }

  async build(): Promise<void> {
    const path = await this.current.save();
    if (path === null) {
      return;
    }
    const { trans } = this.pipelines.reader();
    await this.told(async () => {
      const { folder, steps } = await this.pipelines.api.build({ path });
      Notification.success(trans._n('Built %1 step into %2', 'Built %1 steps into %2', steps, folder), {
        autoClose: SHOWN
      });
    });
  }

  /** Show steps for a notebook that has none, and write the tags if they are wanted. */
  async suggest(): Promise<void> {
    const path = await this.current.save();
    const { panel } = this.current;
    const { trans } = this.pipelines.reader();
    if (path === null || !panel) {
      return;
    }
    await this.told(async () => {
      const view = await this.pipelines.api.pipeline(path);
      const proposal = view.proposal ?? (await this.pipelines.api.tags({ path }));
      const { button } = await showDialog({
        title: trans.__('Suggested steps'),
        body: <ProposalPreview proposal={proposal} colours={this.pipelines.settings.colours} trans={trans} />,
        buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Write the tags') })]
      });
      if (button.accept) {
        const { model } = panel.content;
        const tags = proposal.cells.flatMap(({ index, tags: added }) => {
          const cell = model?.cells.get(index);
          return cell ? [[cell, [...tagsOf(cell), ...added]] as const] : [];
        });
        writeTags(panel.content, new Map(tags));
        await panel.context.save();
      }
    });
  }

  async startServices(): Promise<void> {
    await this.told(async () => {
      await this.pipelines.api.startServices();
      await this.pipelines.watch.refresh();
    });
  }

  /** The notebook as it is now, understood; told where it stops a run. */
  private async read(): Promise<NotebookView | null> {
    const path = await this.current.save();
    if (path === null) {
      return null;
    }
    return this.told(async () => {
      const view = await this.pipelines.api.pipeline(path);
      const error = view.problems.find(problem => problem.severity === 'error');
      if (error) {
        const { trans } = this.pipelines.reader();
        Notification.error(trans.__('The notebook has errors: %1', error.message), { autoClose: SHOWN });
        return null;
      }
      return view;
    });
  }

  private async told<T>(ask: () => Promise<T>): Promise<T | null> {
    return tellFaults(ask);
  }
}

/** Do something; what goes wrong is told in a message, and null returned. */
export async function tellFaults<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RequestError)) {
      throw error;
    }
    Notification.error(error.fault.message, { autoClose: SHOWN });
    return null;
  }
}
