import { type JupyterFrontEnd, type JupyterFrontEndPlugin, ILayoutRestorer } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { NotebookPanel, NotebookWidgetFactory } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Commands } from '../commands';
import { Marker } from '../notebook/marker';
import { IPipelines } from '../pipelines';
import { DRIVE, RunsDrive } from './drive';

const FACTORY = 'Executed Notebook';

/** Opens what a run left behind: read-only, without a kernel. */
export const executed: JupyterFrontEndPlugin<void> = {
  id: 'nb2ops:executed-notebooks',
  description: 'Shows the executed notebooks of runs.',
  autoStart: true,
  requires: [
    IPipelines,
    IDocumentManager,
    NotebookPanel.IContentFactory,
    IEditorServices,
    IRenderMimeRegistry
  ],
  optional: [ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    pipelines: IPipelines,
    documents: IDocumentManager,
    contentFactory: NotebookPanel.IContentFactory,
    editors: IEditorServices,
    rendermime: IRenderMimeRegistry,
    restorer: ILayoutRestorer | null
  ) => {
    const { trans } = pipelines.reader();
    const { contents, serverSettings } = app.serviceManager;
    contents.addDrive(new RunsDrive(pipelines.api, serverSettings));
    const factory = new NotebookWidgetFactory({
      name: FACTORY,
      label: trans.__('Executed Notebook'),
      fileTypes: ['notebook'],
      modelName: 'notebook',
      preferKernel: false,
      canStartKernel: false,
      readOnly: true,
      contentFactory,
      rendermime,
      mimeTypeService: editors.mimeTypeService
    });
    app.docRegistry.addWidgetFactory(factory as unknown as DocumentRegistry.WidgetFactory);
    const opened = new WidgetTracker<NotebookPanel>({ namespace: 'nb2ops-executed' });
    factory.widgetCreated.connect((_, panel) => {
      new Marker(panel, trans, () => pipelines.settings.colours);
      panel.title.label = trans.__('Run: %1', panel.context.path.split('/').at(-1) ?? '');
      void opened.add(panel);
    });
    void restorer?.restore(opened, {
      command: Commands.openExecuted,
      args: ({ context }) => ({ path: context.path }),
      name: ({ context }) => context.path
    });
    app.commands.addCommand(Commands.openExecuted, {
      label: trans.__('Executed Notebook'),
      caption: trans.__('Open the notebook as this run left it'),
      execute: async args => {
        const path = typeof args.path === 'string' ? args.path : await pathOf(args.id as string, pipelines);
        return documents.openOrReveal(path, FACTORY);
      }
    });
  }
};

async function pathOf(id: string, { api, watch }: IPipelines): Promise<string> {
  const run = watch.snapshot.recent.find(each => each.id === id) ?? (await api.run(id)).run;
  return `${DRIVE}:${id}/${run.flow.replace(/[/:]/g, '-')}.ipynb`;
}
