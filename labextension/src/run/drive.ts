import type { Contents, ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { Api } from '../api';

/** Name of the drive in paths of contents: `nb2ops-runs:RUN/NOTEBOOK.ipynb`. */
export const DRIVE = 'nb2ops-runs';

/** The executed notebooks of runs, as files that can be opened and not be written. */
export class RunsDrive implements Contents.IDrive {
  constructor(
    private readonly api: Api,
    readonly serverSettings: ServerConnection.ISettings
  ) {}

  readonly name = DRIVE;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  isDisposed = false;

  /** The notebook of the run that the first part of the path names. */
  async get(path: string): Promise<Contents.IModel> {
    const [run = '', name = path] = path.split('/');
    const content = await this.api.executed(run);
    const now = new Date().toISOString();
    return {
      name,
      path,
      type: 'notebook',
      format: 'json',
      mimetype: 'application/x-ipynb+json',
      content,
      writable: false,
      created: now,
      last_modified: now
    };
  }

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  listCheckpoints = (): Promise<Contents.ICheckpointModel[]> => Promise.resolve([]);
  getDownloadUrl = refuse;
  newUntitled = refuse;
  delete = refuse;
  rename = refuse;
  save = refuse;
  copy = refuse;
  createCheckpoint = refuse;
  restoreCheckpoint = refuse;
  deleteCheckpoint = refuse;
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('What a run left behind cannot be changed.'));
}
