import * as React from 'react';
import {
  PanelWithToolbar,
  ReactWidget,
  SidePanel,
  ToolbarButtonComponent,
  UseSignal,
  launchIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import { pipelineIcon } from '../icon';
import { type Reader, readerOf } from '../reader';
import type { Snapshot } from '../snapshot';
import { Deployments } from './deployments';
import { Notice } from './notice';
import { isWebAddress } from './parts';
import { Runs } from './runs';
import type { Watch } from './watch';

type View = (snapshot: Snapshot, reader: Reader) => React.JSX.Element | null;

/** The side panel: what ran, what is scheduled, and whether Prefect is there. Read-only. */
export class Sidebar extends SidePanel {
  constructor(
    private readonly watch: Watch,
    private readonly translator: ITranslator
  ) {
    super({ translator });
    const { trans } = readerOf(translator);
    this.id = 'nb2ops-sidebar';
    this.addClass('nb2ops-Sidebar');
    this.title.icon = pipelineIcon;
    this.title.caption = trans.__('Notebook pipelines');
    this.header.addWidget(this.view(notice));
    const runs = this.section(trans.__('Runs'), this.runs);
    runs.toolbar.addItem('refresh', this.view(this.refreshButton));
    runs.toolbar.addItem('prefect', this.view(prefectButton));
    this.section(trans.__('Deployments'), deployments);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.watch.refresh();
  }

  private section(label: string, content: View): PanelWithToolbar {
    const section = new PanelWithToolbar();
    section.addClass('nb2ops-Section');
    section.title.label = label;
    section.addWidget(this.view(content));
    this.addWidget(section);
    return section;
  }

  private view(content: View): Widget {
    const { watch, translator } = this;
    return ReactWidget.create(
      <UseSignal signal={watch.changed}>{() => content(watch.snapshot, readerOf(translator))}</UseSignal>
    );
  }

  private readonly runs: View = ({ runs }, reader) =>
    runs && <Runs page={runs} reader={reader} onOlder={() => void this.watch.older()} />;

  private readonly refreshButton: View = (_, { trans }) => (
    <ToolbarButtonComponent
      icon={refreshIcon}
      tooltip={trans.__('Refresh')}
      onClick={() => void this.watch.refresh()}
    />
  );
}

const notice: View = ({ fault }, { trans }) => fault && <Notice fault={fault} trans={trans} />;

const deployments: View = ({ deployments: all }, reader) =>
  all && <Deployments deployments={all} reader={reader} />;

const prefectButton: View = ({ health }, { trans }) => {
  const address = health?.ui ?? null;
  return (
    <ToolbarButtonComponent
      icon={launchIcon}
      tooltip={trans.__("Open Prefect's own pages")}
      enabled={isWebAddress(address)}
      onClick={() => window.open(address ?? undefined, '_blank', 'noopener')}
    />
  );
};
