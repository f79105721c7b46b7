/** Where this host fetches roots that it lacks, which a firewall must allow as well. */

import type { Host, RootUpdateState } from '../../checks/types.ts';

export interface RootUpdateSources {
  readonly urls: readonly string[];
  /** What there is to know of a source that is no URL, or not used. */
  readonly notes: readonly string[];
}

const usualHost = 'ctldl.windowsupdate.com, TCP port 80';

const sourceOf = (state: RootUpdateState): RootUpdateSources => {
  const note = (text: string): RootUpdateSources => ({ urls: [], notes: [text] });
  if (state.unreadable !== undefined)
    return note(
      `Where Windows fetches its list of roots could not be read (${state.unreadable}); unless somebody changed it, from ${usualHost}.`,
    );
  if (state.disabledBy !== undefined)
    return note(
      `Windows' automatic root update is switched off (${state.disabledBy}), so its list needs no way.`,
    );
  return /^https?:\/\//i.test(state.url) && URL.canParse(state.url)
    ? { urls: [state.url], notes: [] }
    : note(`Windows fetches its list of roots from ${state.url}, which is no web server.`);
};

/** Only Windows does so: elsewhere no store is looked for. */
export const rootUpdateSources = async (
  host: Host,
  signal: AbortSignal,
): Promise<RootUpdateSources> => {
  if (host.platform !== 'win32') return { urls: [], notes: [] };
  const stores = await host.trustStores();
  const states = await Promise.all(stores.flatMap(({ updates }) => updates?.read(signal) ?? []));
  const sources = states.map(sourceOf);
  return {
    urls: sources.flatMap(({ urls }) => urls),
    notes: sources.flatMap(({ notes }) => notes),
  };
};
