/**
 * What a Node service trusts: the list that its Node brings, or OpenSSL's store, and the file that
 * NODE_EXTRA_CA_CERTS names (Node.js documentation, "NODE_EXTRA_CA_CERTS", "--use-openssl-ca").
 */

import type { StoreProblem, TrustStore } from '../types.ts';
import type { RunCommand } from './commands.ts';
import { readStoreFile } from './files.ts';
import { mergeParts } from './merge-parts.ts';
import { pemReaders, readPemBundle } from './pem.ts';
import { refusedIn } from './refused-files.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';

export const nodeRoots = ['bundled', 'openssl', 'system'] as const;

/** A service that sends mail by itself, as the configuration names it. */
export interface NodeService {
  readonly name: string;
  /** The program that runs it. */
  readonly node: string;
  /** Its NODE_EXTRA_CA_CERTS. */
  readonly extraCaCerts?: string;
  /** Told by --use-bundled-ca, --use-openssl-ca or --use-system-ca; absent: as its Node was built. */
  readonly roots?: (typeof nodeRoots)[number];
}

export interface NodeSurroundings {
  /** The machine's own store. */
  readonly system: TrustStore;
  readonly run: RunCommand;
}

/** Asks for the list and for how it was built; no setting of ours or of the service's takes part. */
const script = `console.log(JSON.stringify({
  openssl: (process.config.target_defaults?.defines ?? []).includes('NODE_OPENSSL_CERT_STORE'),
  roots: require('tls').rootCertificates.join('\\n'),
}))`;

interface BuiltIn {
  /** Debian's Node takes OpenSSL's store instead of its own list. */
  readonly openssl: boolean;
  /** PEM. */
  readonly roots: string;
}

const isBuiltIn = (value: unknown): value is BuiltIn =>
  typeof value === 'object' &&
  value !== null &&
  'openssl' in value &&
  typeof value.openssl === 'boolean' &&
  'roots' in value &&
  typeof value.roots === 'string';

const askNode = async ({ node }: NodeService, run: RunCommand): Promise<BuiltIn> => {
  const answer = await run(node, ['-e', script]);
  if ('absent' in answer) throw new StoreError('unreadable', `${node} does not exist`);
  if ('failure' in answer) throw new StoreError('unreadable', answer.failure);
  try {
    const said: unknown = JSON.parse(answer.output);
    if (isBuiltIn(said)) return said;
  } catch {
    // it said something else
  }
  throw new StoreError('unreadable', `${node} does not answer as Node does`);
};

/**
 * Node passes over a file that it cannot read, and over the rest of one from where it cannot be read on;
 * another account than this one may be able to read it.
 */
const readExtra = async (path: string | undefined, signal: AbortSignal): Promise<Collected> => {
  if (path === undefined) return { entries: [], problems: [] };
  try {
    const bytes = await readStoreFile(path, signal);
    const { entries, problems, intact } = readPemBundle(bytes, path, pemReaders.node);
    const read = entries.map((entry, n) => (n < intact ? entry : refusedIn(entry, path)));
    return { entries: read, problems };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const problem: StoreProblem = { origin: path, problem: error.message };
    const isHidden = error.fault === 'unreadable';
    return { entries: [], problems: [isHidden ? { ...problem, unreadable: true } : problem] };
  }
};

const readSystem = async (system: TrustStore, signal: AbortSignal): Promise<Collected> => {
  const contents = await system.read(signal);
  if ('unreadable' in contents) throw new StoreError('unreadable', contents.unreadable);
  return 'absent' in contents ? { entries: [], problems: [] } : contents;
};

const readNode = async (
  service: NodeService,
  { system, run }: NodeSurroundings,
  signal: AbortSignal,
): Promise<Collected> => {
  const builtIn = await askNode(service, run);
  const { roots = builtIn.openssl ? 'openssl' : 'bundled', node, extraCaCerts } = service;
  const none: Collected = { entries: [], problems: [] };
  const bundled = roots === 'openssl' ? none : readPemBundle(Buffer.from(builtIn.roots), node);
  const [ofSystem, extra] = await Promise.all([
    roots === 'bundled' ? Promise.resolve(none) : readSystem(system, signal),
    readExtra(extraCaCerts, signal),
  ]);
  const own = [...bundled.entries, ...extra.entries];
  return {
    entries: [...mergeParts([{ part: 'bundle', path: node, entries: own }]), ...ofSystem.entries],
    problems: [bundled, ofSystem, extra].flatMap(({ problems }) => problems),
  };
};

/** Node's TLS verifies unless it is told otherwise, so that mail depends on it. */
export const nodeStore = (service: NodeService, surroundings: NodeSurroundings): TrustStore => {
  const { name, node, extraCaCerts } = service;
  return {
    kind: 'node',
    name: `node:${name}`,
    path: extraCaCerts ?? node,
    shape: extraCaCerts === undefined ? 'setting' : 'file',
    mail: 'verifies',
    read: (signal) => contentsOf(() => readNode(service, surroundings, signal)),
  };
};
