/** The pages that monitoring asks: metrics, healthy, ready. Nothing else is answered, and nothing is read. */

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentError, systemReason } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import type { Exposition } from './collector.ts';

/** A word of health: undefined where all is well, else why not, in one line. */
export type Health = () => string | undefined;

export interface EndpointPages {
  readonly metrics: (accept: string) => Promise<Exposition>;
  /** The process lives and runs come when they are due. */
  readonly healthy: Health;
  /** The configuration is in force and a first run has ended. */
  readonly ready: Health;
}

export interface Endpoint {
  /** `ADDRESS:PORT`, where it really listens. */
  readonly address: string;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly contentType?: string;
  readonly text: string;
}

/** Scrapers are few, near and quick. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 10_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 8192,
} as const;
const maxConnections = 32;
/** A connection on which nothing moves. */
const idleMs = 120_000;

const healthPage = (words: string, health: Health): Page => {
  const why = health();
  return why === undefined
    ? { status: 200, text: `certready is ${words}.\n` }
    : { status: 503, text: `certready is not ${words}: ${why}.\n` };
};

const pageOf = async (request: IncomingMessage, pages: EndpointPages): Promise<Page> => {
  const [path = ''] = (request.url ?? '').split('?', 1);
  switch (path) {
    case '/metrics': {
      const { contentType, text } = await pages.metrics(request.headers.accept ?? '');
      return { status: 200, contentType, text };
    }
    case '/-/healthy':
      return healthPage('healthy', pages.healthy);
    case '/-/ready':
      return healthPage('ready', pages.ready);
    default:
      return { status: 404, text: 'Known here: /metrics, /-/healthy, /-/ready.\n' };
  }
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  pages: EndpointPages,
): Promise<void> => {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead) response.setHeader('Allow', 'GET, HEAD');
  const page: Page = isRead
    ? await pageOf(request, pages)
    : { status: 405, text: 'Only GET is known here.\n' };
  response.writeHead(page.status, {
    'Content-Type': page.contentType ?? 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(page.text),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(page.text);
};

const addressOf = (server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
};

/** @throws AgentError `endpoint-unavailable` where it cannot listen */
export const openEndpoint = async (listen: string, pages: EndpointPages): Promise<Endpoint> => {
  const place = parseHostPort(listen, 0);
  const server = createServer(limits, (request, response) => {
    answer(request, response, pages).catch(() => response.destroy());
  });
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: place?.host, port: place?.port }, resolve);
    });
  } catch (error) {
    const why = `metrics.listen ${listen}: ${systemReason(error)}`;
    throw new AgentError('endpoint-unavailable', why, error);
  }
  server.on('error', () => undefined);
  return {
    address: addressOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
