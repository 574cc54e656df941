import { isWebAddress } from './words';

/** What the user chose (schema/settings.json), with defaults for what is not there. */
export interface Settings {
  /** Seconds between two looks at Prefect while the panel is open. */
  readonly polling: number;
  /** CSS colours of steps, in order of first use; none: JupyterLab's. */
  readonly colours: readonly string[];
  /** Whether setting a tag from the menu saves the notebook, so that the pipeline shows it. */
  readonly saveAfterTagging: boolean;
  /** Where this browser finds Prefect's own pages; empty: where the Jupyter server finds them. */
  readonly prefectPages: string;
}

export const DEFAULTS: Settings = {
  polling: 5,
  colours: [],
  saveAfterTagging: true,
  prefectPages: ''
};

/** The settings in what the registry holds; what does not fit is as if it were not there. */
export function readSettings(composite: Readonly<Record<string, unknown>>): Settings {
  const { polling, colours, saveAfterTagging, prefectPages } = composite;
  return {
    polling: typeof polling === 'number' && polling >= 1 ? polling : DEFAULTS.polling,
    colours: Array.isArray(colours) ? colours.filter(each => typeof each === 'string' && each !== '') : [],
    saveAfterTagging: typeof saveAfterTagging === 'boolean' ? saveAfterTagging : DEFAULTS.saveAfterTagging,
    prefectPages:
      typeof prefectPages === 'string' && isWebAddress(prefectPages) ? prefectPages : DEFAULTS.prefectPages
  };
}
