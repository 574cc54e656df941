import { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { pipelineIcon } from '../icon';

/** The tab of a run's report. */
export function reportId(run: string): string {
  return `nb2ops-report-${run}`;
}

/** A run's report in a frame that may do nothing: no script, no form, no other page. */
export function reportWidget(run: string, html: string, trans: TranslationBundle): MainAreaWidget<IFrame> {
  const content = new IFrame({ sandbox: [] });
  const address = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
  content.url = address;
  content.disposed.connect(() => {
    URL.revokeObjectURL(address);
  });
  const widget = new MainAreaWidget({ content });
  widget.id = reportId(run);
  widget.addClass('nb2ops-Report');
  widget.title.icon = pipelineIcon;
  widget.title.label = trans.__('Report');
  widget.title.closable = true;
  return widget;
}
