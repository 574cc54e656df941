import { IFrame } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { MainView } from '../mainview';

/** The tab of a run's report. */
export function reportId(run: string): string {
  return `nb2ops-report-${run}`;
}

/** A run's report in a frame that may do nothing: no script, no form, no other page. */
export function reportWidget(run: string, html: string, trans: TranslationBundle): MainView<IFrame> {
  const content = new IFrame({ sandbox: [] });
  const address = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
  content.url = address;
  content.disposed.connect(() => {
    URL.revokeObjectURL(address);
  });
  const widget = new MainView(reportId(run), content);
  widget.addClass('nb2ops-Report');
  widget.title.label = trans.__('Report');
  return widget;
}
