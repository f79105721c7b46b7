/** Values that are read from elsewhere when they are needed, and how they are shown: not at all. */

import { resolve } from 'node:path';
import { credentialOf } from '../../service/systemd/credential.ts';
import { readText } from '../documents/read.ts';
import { AgentError } from '../errors.ts';
import type { SecretText } from './config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const reference = /^(?:env:(?<name>[A-Za-z_][A-Za-z0-9_]{0,200})|file:(?<path>.{1,4096}))$/s;

/** Whether a value only says where the value is. */
export const isReference = (text: string): boolean => reference.test(text);

/** The file that a value is read from, if it is. */
export const referencedFile = (text: string): string | undefined =>
  reference.exec(text)?.groups?.['path'];

/** A service may not read the file itself, but has a copy from systemd, as old as its start. */
const readFileOrCopy = async (path: string, env: Environment): Promise<string> => {
  try {
    return await readText(path);
  } catch (error) {
    const copy = credentialOf(path, env);
    if (copy === undefined) throw error;
    return readText(copy).catch(() => {
      throw error;
    });
  }
};

/**
 * The value itself.
 * @throws AgentError `secret-missing`, or as readText; it names the place, never the value
 */
export const readSecret = async (text: SecretText, env: Environment): Promise<string> => {
  const { name, path } = reference.exec(text)?.groups ?? {};
  if (name !== undefined) {
    const value = env[name];
    if (value === undefined || value === '')
      throw new AgentError('secret-missing', `environment variable ${name}: not set`);
    return value;
  }
  if (path === undefined) return text;
  const value = (await readFileOrCopy(resolve(path), env)).trim();
  if (value === '') throw new AgentError('secret-missing', `${path}: empty`);
  return value;
};

export const masked = '********';

/** A secret as it may be shown: where it is read from, or that there is one. */
export const maskSecret = (text: SecretText): string => (isReference(text) ? text : masked);

/** A URL as it may be shown: where it leads, and no more, because a path or a query may be a token. */
export const maskUrl = (text: SecretText): string => {
  if (isReference(text)) return text;
  if (!URL.canParse(text)) return masked;
  const url = new URL(text);
  const credentials = url.username !== '' || url.password !== '' ? `${masked}@` : '';
  const rest = url.pathname === '/' && url.search === '' ? '' : `/${masked}`;
  return `${url.protocol}//${credentials}${url.host}${rest}`;
};
