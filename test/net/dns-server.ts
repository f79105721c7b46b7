/** A DNS server on loopback that says of each name what it is told, also what no real server would. */

import { type RemoteInfo, createSocket } from 'node:dgram';

export type Records = Readonly<
  Record<
    string,
    | 'nxdomain'
    | 'nodata'
    | 'servfail'
    | 'refused'
    | 'notimp'
    | 'silent'
    | 'junk'
    | { readonly a?: readonly string[]; readonly aaaa?: readonly string[] | 'silent' | 'servfail' }
  >
>;

const codes = { nxdomain: 3, nodata: 0, servfail: 2, refused: 5, notimp: 4 } as const;
const typeA = 1;
const typeAaaa = 28;

const question = (query: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
};

const addressBytes = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text = ''): string[] => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

const reply = (query: Buffer, end: number, code: number, answers: readonly Buffer[]): Buffer => {
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...answers]);
};

const record = (type: number, address: string): Buffer => {
  const bytes = addressBytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
};

export interface DnsServer {
  /** ADDRESS:PORT */
  readonly name: string;
  readonly asked: readonly string[];
  close(): void;
}

/** A name that `records` lacks does not exist; `drop` loses the first so many questions. */
export const serveDns = (records: Records, { drop = 0 } = {}): Promise<DnsServer> =>
  new Promise((resolve) => {
    const asked: string[] = [];
    let lost = 0;
    const socket = createSocket('udp4');
    const answer = (query: Buffer): Buffer | undefined => {
      const { name, type, end } = question(query);
      asked.push(`${name} ${type === typeA ? 'A' : type === typeAaaa ? 'AAAA' : type}`);
      if (lost++ < drop) return undefined;
      const known = records[name] ?? 'nxdomain';
      if (known === 'silent') return undefined;
      if (known === 'junk') return Buffer.from(query.subarray(0, 7));
      if (typeof known === 'string') return reply(query, end, codes[known], []);
      const addresses = type === typeA ? known.a : known.aaaa;
      if (addresses === 'silent') return undefined;
      if (addresses === 'servfail') return reply(query, end, codes.servfail, []);
      return reply(
        query,
        end,
        0,
        (addresses ?? []).map((address) => record(type, address)),
      );
    };
    socket.on('message', (query: Buffer, from: RemoteInfo) => {
      const bytes = answer(query);
      if (bytes) socket.send(bytes, from.port, from.address);
    });
    socket.bind(0, '127.0.0.1', () =>
      resolve({
        name: `127.0.0.1:${socket.address().port}`,
        asked,
        close: () => socket.close(),
      }),
    );
  });
