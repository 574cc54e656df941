import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Api } from './api';
import type { Reader } from './reader';
import type { Settings } from './settings';
import type { Started } from './started';
import type { Watch } from './watch';

/** What the features share. */
export interface IPipelines {
  readonly api: Api;
  /** Runs, deployments and health, kept fresh. */
  readonly watch: Watch;
  /** Runs that were started here. */
  readonly started: Started;
  readonly settings: Settings;
  readonly settingsChanged: ISignal<IPipelines, Settings>;
  /** Who looks, now. */
  reader(): Reader;
}

export const IPipelines = new Token<IPipelines>(
  'nb2ops:IPipelines',
  'The way to the pipelines, runs and deployments of nb2ops.'
);
