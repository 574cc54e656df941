import * as React from 'react';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { MainView } from '../mainview';
import type { IPipelines } from '../pipelines';
import { RunModel } from './model';
import { RunPage } from './view';

/** A run in the main area. */
export class RunWidget extends MainView<ReactWidget> {
  constructor(
    readonly run: string,
    pipelines: IPipelines,
    commands: CommandRegistry
  ) {
    const model: RunModel = new RunModel(run, pipelines, () => this.isVisible);
    super(`nb2ops-run-${run}`, ReactWidget.create(page(model, pipelines, commands)));
    this.addClass('nb2ops-Main');
    this.title.label = pipelines.reader().trans.__('Run');
    model.changed.connect((_, { view }) => {
      if (view) {
        this.title.label = `${view.run.flow}: ${view.run.state}`;
        this.title.caption = view.run.name;
      }
    });
    this.model = model;
  }

  readonly model: RunModel;

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }
}

function page(model: RunModel, pipelines: IPipelines, commands: CommandRegistry): React.JSX.Element {
  return (
    <UseSignal signal={model.changed}>
      {() => (
        <RunPage
          state={model.state}
          commands={commands}
          colours={pipelines.settings.colours}
          reader={pipelines.reader()}
        />
      )}
    </UseSignal>
  );
}
