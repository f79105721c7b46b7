/** Which proxy a request goes through: the one that was named, or what this machine is set up for. */

import type { HostPort, Platform } from '../types.ts';
import { parseAddress, parsePort } from './address.ts';
import { type Bypass, parseNoProxy, parseWinHttpBypass } from './no-proxy.ts';
import { parseWinHttpSettings } from './winhttp.ts';

export interface ProxyServer extends HostPort {
  /** The value of Proxy-Authorization. A function, so that nothing prints it along with the rest. */
  readonly authorization?: () => string;
}

export interface ProxySettings {
  /** For http:// URLs. */
  readonly http?: ProxyServer;
  /** For https:// URLs. */
  readonly https?: ProxyServer;
  readonly bypass: Bypass;
}

export interface SystemProxySources {
  readonly platform: Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The registry value `WinHttpSettings`, on Windows. */
  readonly winHttpSettings?: Uint8Array;
}

/** A proxy's text without what stands before its `@`. */
const withoutCredentials = (text: string): string =>
  text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1');

/**
 * Reads `http://[USER:PASSWORD@]HOST[:PORT]`, or the same without its scheme; the port is 80 unless said
 * otherwise, user and password are percent-encoded.
 * @throws an Error of one line, which never repeats the credentials
 */
export const parseProxy = (text: string): ProxyServer => {
  const expected = 'expected http://[USER:PASSWORD@]HOST:PORT';
  const fail = (problem: string): never => {
    throw new Error(`proxy "${withoutCredentials(text)}": ${problem}; ${expected}`);
  };
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase() ?? 'http';
  if (scheme !== 'http') return fail(`${scheme} proxies are not supported`);
  const whole = trimmed.includes('://') ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(whole)) return fail('no such URL');
  const url = new URL(whole);
  if (url.hostname === '') return fail('no host');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return fail('a path after the port');
  const host = parseAddress(url.hostname)?.address ?? url.hostname;
  const place = { host, port: parsePort(url.port) ?? 80 };
  if (url.username === '' && url.password === '') return place;
  try {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const value = `Basic ${Buffer.from(credentials).toString('base64')}`;
    return { ...place, authorization: () => value };
  } catch {
    return fail('user or password is not percent-encoded');
  }
};

export const noProxy: ProxySettings = { bypass: () => false };

/** Every request goes through this proxy, whatever NO_PROXY says: it was named for this run. */
export const fixedProxy = (url: string): ProxySettings => {
  const proxy = parseProxy(url);
  return { http: proxy, https: proxy, bypass: () => false };
};

const fromEnvironment = (
  environment: SystemProxySources['environment'],
): ProxySettings | undefined => {
  // As in curl the lower case comes first; one that is set and empty means none.
  const variable = (name: string): { name: string; value: string } | undefined => {
    for (const spelling of [name, name.toUpperCase()]) {
      const value = environment[spelling];
      if (value !== undefined) return { name: spelling, value };
    }
    return undefined;
  };
  const server = (name: string): ProxyServer | undefined => {
    const found = variable(name) ?? variable('all_proxy');
    if (found === undefined || found.value === '') return undefined;
    try {
      return parseProxy(found.value);
    } catch (error) {
      throw new Error(`environment variable ${found.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  if (!['http_proxy', 'https_proxy', 'all_proxy'].some((name) => variable(name))) return undefined;
  const http = server('http_proxy');
  const https = server('https_proxy');
  const bypass = parseNoProxy(variable('no_proxy')?.value ?? '');
  return { ...(http && { http }), ...(https && { https }), bypass };
};

const fromWinHttp = (bytes: Uint8Array): ProxySettings => {
  const { proxy = '', bypass } = parseWinHttpSettings(bytes);
  const entries = proxy.split(/[\s;]+/).filter((entry) => entry !== '');
  const server = (scheme: string): ProxyServer | undefined => {
    const own = entries.find((entry) => entry.toLowerCase().startsWith(`${scheme}=`));
    const text = own?.slice(scheme.length + 1) ?? entries.find((entry) => !entry.includes('='));
    return text === undefined ? undefined : parseProxy(text);
  };
  const http = server('http');
  const https = server('https');
  return { ...(http && { http }), ...(https && { https }), bypass: parseWinHttpBypass(bypass) };
};

/**
 * What this machine is set up for: the environment's variables (http_proxy, https_proxy, all_proxy,
 * no_proxy, in either case), on Windows the machine's WinHTTP setting where there are none.
 * @throws an Error of one line that names the variable
 */
export const systemProxy = (sources: SystemProxySources): ProxySettings =>
  fromEnvironment(sources.environment) ??
  (sources.platform === 'win32' && sources.winHttpSettings
    ? fromWinHttp(sources.winHttpSettings)
    : noProxy);

/** Reads the option `--proxy URL|system|none`. @throws an Error of one line */
export const proxySettings = (option: string, sources: SystemProxySources): ProxySettings => {
  if (option === 'none') return noProxy;
  return option === 'system' ? systemProxy(sources) : fixedProxy(option);
};

/** Mail is never sent through a web proxy, so its ports are dialled directly. */
export const mailPorts: ReadonlySet<number> = new Set([25, 465, 587]);

/** The proxy that a request to `target` goes through, or undefined for none. */
export const proxyFor = (
  { http, https, bypass }: ProxySettings,
  scheme: 'http' | 'https',
  target: HostPort,
): ProxyServer | undefined => {
  const proxy = scheme === 'http' ? http : https;
  return proxy && !mailPorts.has(target.port) && !bypass(target) ? proxy : undefined;
};
