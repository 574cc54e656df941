import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Transport } from './api';

/** Requests to the server that this JupyterLab came from. */
export function jupyterTransport(settings: ServerConnection.ISettings): Transport {
  const root = URLExt.join(settings.baseUrl, 'nb2ops', 'api');
  // Always asked anew. JupyterLab's default, "no-store", adds the time of day to the query, where it has no business.
  const always: RequestInit = { cache: 'no-cache' };
  return (path, request) =>
    ServerConnection.makeRequest(`${root}/${path}`, { ...always, ...request }, settings);
}
