/** certready on a machine that systemd runs: the built program, a profile without a network, a receiver of alerts. */

import { type Server, createServer } from 'node:http';
import {
  type CommandEnd,
  type SystemdMachine,
  bootSystemd,
  nodeInside,
  repositoryInside,
} from '../../helpers/systemd-machine.ts';

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Receiver {
  readonly port: number;
  readonly received: Received[];
  /** What it answers from now on. */
  answer(status: number): void;
  close(): void;
}

/** A webhook's receiver on loopback. */
export const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  let status = 204;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (status < 300) received.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    received,
    answer(given) {
      status = given;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};

/** Where the program lies there. */
export const programFolder = '/opt/certready';

export interface Installation {
  readonly machine: SystemdMachine;
  /** Runs `certready service …` there. */
  readonly service: (...args: readonly string[]) => Promise<CommandEnd>;
  /** What `service status --format json` prints. */
  readonly status: (...args: readonly string[]) => Promise<Readonly<Record<string, unknown>>>;
  /** A property of a unit. */
  readonly property: (name: string, unit?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** The words that run the program that lies in a folder. */
export const certready = (folder = programFolder): string[] => [
  nodeInside,
  `${folder}/dist/certready.js`,
];

/** Copies the program to a folder there, with koffi or without. */
export const copyProgram = (
  { shell }: SystemdMachine,
  folder: string,
  { koffi = true } = {},
): Promise<string> =>
  shell(`
    mkdir -p '${folder}/node_modules'
    cd ${repositoryInside}
    cp -r dist package.json '${folder}/'
    ${koffi ? `cp -r node_modules/koffi node_modules/@koromix '${folder}/node_modules/'` : ''}`);

export const install = async (): Promise<Installation> => {
  const machine = await bootSystemd();
  await copyProgram(machine, programFolder);
  await machine.shell(`
    mkdir -p /etc/certready
    cd /etc/certready
    for root in here absent; do
      openssl req -x509 -newkey ed25519 -nodes -days 3650 -subj "/CN=Lab Root $root" \\
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \\
        -keyout /dev/null -out $root.crt 2>/dev/null
      printf '%s\\n' "id: $root" "title: The lab moves to Lab Root $root" authorities: \\
        "  - { id: r1, name: Lab Root $root, root: true, certificate: $root.crt }" >$root.yaml
    done`);
  const service = (...args: readonly string[]): Promise<CommandEnd> =>
    machine.run(...certready(), 'service', ...args);
  return {
    machine,
    service,
    async status(...args) {
      const { stdout } = await service('status', '--format', 'json', ...args);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async property(name, unit = 'certready') {
      return (await machine.shell(`systemctl show --property=${name} --value ${unit}`)).trim();
    },
    stop: () => machine.stop(),
  };
};

export interface ConfigOptions {
  /** Whether the store has the root of the profile. */
  readonly ready?: boolean;
  readonly alertsTo?: number;
  readonly more?: string;
}

/** A configuration that runs at the start, and then not before next year. */
export const configText = ({ ready = true, alertsTo, more = '' }: ConfigOptions): string => `
profiles: [${ready ? 'here' : 'absent'}.yaml]
schedule: "0 0 1 1 *"
splay: 0s
confirmAfter: 1
proxy: none
trustStores: [{ path: here.crt }]
${alertsTo === undefined ? '' : `alerts: [{ type: webhook, url: "http://127.0.0.1:${alertsTo}/", secret: file:hook.secret }]`}
${more}
`;
