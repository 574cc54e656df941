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
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import { Commands } from '../commands';
import { Deployments } from '../deployments/list';
import { pipelineIcon } from '../icon';
import type { Current } from '../pipeline/current';
import { PipelineSection } from '../pipeline/section';
import type { IPipelines } from '../pipelines';
import type { Reader } from '../reader';
import type { Snapshot } from '../snapshot';
import { Notice } from './notice';
import { firstFocusable, keepFocus } from '../focus';
import type { OpenMenu } from './more';
import { isWebAddress } from '../words';
import { rowMenu } from './rowmenu';
import { Runs } from './runs';

type View = (snapshot: Snapshot, reader: Reader) => React.JSX.Element | null;

/** The side panel: the notebook in front as a pipeline, what ran, what is scheduled, whether Prefect is there. */
export class Sidebar extends SidePanel {
  constructor(
    private readonly pipelines: IPipelines,
    private readonly current: Current,
    private readonly commands: CommandRegistry,
    translator: ITranslator,
    private readonly onCell: (cell: number, line: number | null) => void
  ) {
    super({ translator });
    const { trans } = pipelines.reader();
    this.menu = rowMenu(commands);
    this.id = 'nb2ops-sidebar';
    this.addClass('nb2ops-Sidebar');
    this.title.icon = pipelineIcon;
    this.title.caption = trans.__('Notebook pipelines');
    this.header.addWidget(this.view(this.notice));
    this.section(trans.__('Pipeline'), this.pipeline());
    const runs = this.section(trans.__('Runs'), this.view(this.runs));
    runs.toolbar.addItem('refresh', this.view(this.refreshButton));
    runs.toolbar.addItem('prefect', this.view(prefectButton));
    this.section(trans.__('Deployments'), this.view(this.deployments));
    keepFocus(this.node);
  }

  /** Take the focus: to what there is to do first, and not to the title of a section. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    const sections = [this.header, ...this.widgets].map(each => firstFocusable(each.node));
    (sections.find(each => each !== null) ?? firstFocusable(this.node))?.focus();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.tellSeen(true);
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.tellSeen(false);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.tellSeen(this.isVisible);
  }

  private readonly menu: OpenMenu;

  private tellSeen(seen: boolean): void {
    this.pipelines.watch.seen(this.id, seen);
    this.current.setSeen(seen);
  }

  private section(label: string, content: Widget): PanelWithToolbar {
    const section = new PanelWithToolbar();
    section.addClass('nb2ops-Section');
    section.title.label = label;
    section.addWidget(content);
    this.addWidget(section);
    return section;
  }

  private view(content: View): Widget {
    const { watch } = this.pipelines;
    return ReactWidget.create(
      <UseSignal signal={watch.changed}>{() => content(watch.snapshot, this.pipelines.reader())}</UseSignal>
    );
  }

  private pipeline(): Widget {
    const { current, commands, pipelines, onCell } = this;
    return ReactWidget.create(
      <UseSignal signal={current.changed}>
        {() => (
          <PipelineSection
            state={current.state}
            commands={commands}
            colours={pipelines.settings.colours}
            reader={pipelines.reader()}
            onCell={onCell}
          />
        )}
      </UseSignal>
    );
  }

  private readonly notice: View = ({ fault, health }, { trans }) =>
    fault && (
      <Notice
        fault={fault}
        health={health}
        trans={trans}
        onStart={() => void this.commands.execute(Commands.startServices)}
      />
    );

  private readonly runs: View = ({ runs, deployments, fault }, reader) => (
    <Runs
      page={runs}
      deployments={deployments ?? []}
      isKnown={fault === null}
      watch={this.pipelines.watch}
      commands={this.commands}
      menu={this.menu}
      reader={reader}
    />
  );

  private readonly deployments: View = ({ deployments: all, health }, reader) =>
    all && (
      <Deployments
        deployments={all}
        commands={this.commands}
        menu={this.menu}
        look={id => this.pipelines.api.deployment(id)}
        isLocal={health?.local ?? false}
        reader={reader}
      />
    );

  private readonly refreshButton: View = (_, { trans }) => (
    <ToolbarButtonComponent
      icon={refreshIcon}
      tooltip={trans.__('Refresh')}
      onClick={() => void this.commands.execute(Commands.refresh)}
    />
  );
}

const prefectButton: View = ({ health }, { trans, page }) => {
  const address = page(health?.ui ?? null);
  return (
    <ToolbarButtonComponent
      icon={launchIcon}
      tooltip={trans.__("Open Prefect's own pages")}
      enabled={isWebAddress(address)}
      onClick={() => window.open(address ?? undefined, '_blank', 'noopener')}
    />
  );
};
