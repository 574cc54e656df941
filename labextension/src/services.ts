import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { connect } from './api';
import { IPipelines } from './pipelines';
import { readerOf } from './reader';
import { DEFAULTS, type Settings, readSettings } from './settings';
import { Started } from './started';
import { jupyterTransport } from './transport';
import { Watch } from './watch';
import { CHANGE_SCHEMA } from './wire';

/** What all features stand on: the endpoints, what they said last, and the user's settings. */
export const services: JupyterFrontEndPlugin<IPipelines> = {
  id: 'nb2ops:settings',
  description: 'The connection to nb2ops, and its settings.',
  autoStart: true,
  provides: IPipelines,
  optional: [ITranslator, ISettingRegistry],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null, registry: ISettingRegistry | null) => {
    const { serverSettings, events } = app.serviceManager;
    const pipelines = new Pipelines(connect(jupyterTransport(serverSettings)), translator ?? nullTranslator);
    events.stream.connect((_, event) => {
      if (event.schema_id === CHANGE_SCHEMA) {
        void pipelines.watch.refresh();
      }
    });
    void registry?.load(services.id).then(settings => {
      const apply = (): void => {
        pipelines.apply(readSettings(settings.composite));
      };
      settings.changed.connect(apply);
      apply();
    });
    return pipelines;
  }
};

class Pipelines implements IPipelines {
  constructor(
    readonly api: IPipelines['api'],
    private readonly translator: ITranslator
  ) {
    this.settingsChanged = new Signal(this);
    this.watch = new Watch(api, DEFAULTS.polling * 1000);
  }

  apply(settings: Settings): void {
    this.settings = settings;
    this.watch.setInterval(settings.polling * 1000);
    this.settingsChanged.emit(settings);
  }

  reader(): ReturnType<typeof readerOf> {
    return readerOf(this.translator, this.settings.prefectPages);
  }

  settings = DEFAULTS;
  readonly started = new Started();
  readonly watch: Watch;
  readonly settingsChanged: Signal<IPipelines, Settings>;
}
