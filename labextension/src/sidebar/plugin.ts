import { type JupyterFrontEnd, type JupyterFrontEndPlugin, ILayoutRestorer } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { connect } from '../api';
import { jupyterTransport } from '../transport';
import { Sidebar } from './panel';
import { Watch } from './watch';

/** The panel at the left (JupyterLab's own menu moves it to the right). */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:sidebar',
  description: 'Runs and deployments of notebook pipelines.',
  autoStart: true,
  optional: [ITranslator, ILayoutRestorer],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null, restorer: ILayoutRestorer | null) => {
    const api = connect(jupyterTransport(app.serviceManager.serverSettings));
    const watch = new Watch(api, () => panel.isVisible);
    const panel: Sidebar = new Sidebar(watch, translator ?? nullTranslator);
    panel.disposed.connect(() => {
      watch.dispose();
    });
    restorer?.add(panel, panel.id);
    app.shell.add(panel, 'left', { rank: 600, type: 'Pipelines' });
  }
};
