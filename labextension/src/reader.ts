import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

/** Who looks at the panel: in which language and time zone, and when. */
export interface Reader {
  readonly trans: TranslationBundle;
  /** BCP 47. */
  readonly language: string;
  /** IANA name of the time zone. */
  readonly zone: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const DOMAIN = 'nb2ops';

export function readerOf(translator: ITranslator): Reader {
  const code = translator.languageCode.replace('_', '-');
  return {
    trans: translator.load(DOMAIN),
    language: Intl.DateTimeFormat.supportedLocalesOf(code)[0] ?? 'en',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: Date.now()
  };
}
