/** What may be shown of a URL and of a receiver's answer: nothing that could be a token. */

import { harmless } from '../report/harmless.ts';

/** Where a URL leads, and no more: its path and its query may be a token. */
export const placeOf = (url: string): string => {
  if (!URL.canParse(url)) return '…';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/…`;
};

/** A text whose URLs carry no user names and passwords any more. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^\s/]+@/g, '//…@');

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The parts of a URL that an answer could repeat. */
const secretParts = (url: string): readonly string[] => {
  if (!URL.canParse(url)) return [url];
  const { username, password, pathname, search, searchParams } = new URL(url);
  const segments = pathname.split('/').filter((segment) => segment.length >= 8);
  return [
    url,
    pathname + search,
    pathname,
    search,
    username,
    password,
    ...segments,
    ...searchParams.values(),
  ];
};

/** One line of what a receiver said, without the secrets that it may have repeated. */
export const redacted = (
  text: string,
  { url, secrets = [] }: { readonly url: string; readonly secrets?: readonly string[] },
): string => {
  const parts = [...secretParts(url), ...secrets]
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part.length >= 4)
    .sort((a, b) => b.length - a.length);
  const clean = parts.reduce((rest, part) => rest.replaceAll(part, '…'), text);
  return harmless(clean, 200);
};
