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
  /** Where this browser finds a page of Prefect's. */
  readonly page: (url: string | null) => string | null;
}

export const DOMAIN = 'nb2ops';

/** Who looks, now; `pages` is where Prefect's pages are, empty for where the server finds them. */
export function readerOf(translator: ITranslator, pages = ''): Reader {
  const code = regional(translator.languageCode.replace('_', '-'));
  return {
    trans: translator.load(DOMAIN),
    language: Intl.DateTimeFormat.supportedLocalesOf(code)[0] ?? 'en',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: Date.now(),
    page: url => movedTo(pages, url)
  };
}

/** A language as the reader's country writes it, where JupyterLab names none: times and dates differ. */
function regional(code: string): string {
  return navigator.languages.find(each => each.startsWith(`${code}-`)) ?? code;
}

/** An address at another place: the browser may reach Prefect in another way than the Jupyter server does. */
export function movedTo(place: string, url: string | null): string | null {
  if (place === '' || url === null || !URL.canParse(url)) {
    return url;
  }
  const { pathname, search } = new URL(url);
  return place.replace(/\/+$/, '') + pathname + search;
}
