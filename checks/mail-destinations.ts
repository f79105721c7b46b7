/** Domains as mail servers' policies name them: is mail to a host one of them, by its name? */

/** `[HOST]:PORT`, `.example.com` and the like as a bare name. */
const bareName = (destination: string): string =>
  destination
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^\.|\.$/g, '');

const isRelated = (a: string, b: string): boolean =>
  a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);

/**
 * Whether a store that is for some destinations alone is for mail to any of these hosts; one that is for
 * all is. A domain of another name may be served by them all the same, which only its MX records tell.
 */
export const isForHosts = (
  destinations: readonly string[] | undefined,
  hosts: readonly string[],
): boolean =>
  destinations === undefined ||
  hosts.length === 0 ||
  destinations.some((destination) =>
    hosts.some((host) => isRelated(bareName(destination), bareName(host))),
  );
