/** The unit file of a service: what runs, and how little of the system it gets to see and to do. */

import type { ServiceDefinition } from '../service-manager.ts';
import { credentialName } from './credential.ts';
import { commandLine, plain, word } from './quote.ts';

/** What the unit depends on beside the service itself. */
export interface UnitSettings {
  /** Of systemd; Type=notify-reload came with 253. */
  readonly systemdVersion: number;
  /** `all` where systemd-notify(1) speaks for the program: see notify-socket.ts. */
  readonly notifyAccess: 'main' | 'all';
  /** Folders and files below hidden folders (/home, /root, /tmp) that it has to see. */
  readonly exposed: readonly string[];
  /** Folders that it may write to, beside those that systemd makes for it. */
  readonly writable: readonly string[];
  /** Whose write access it needs there: numbers of groups. */
  readonly groups: readonly number[];
}

/** For a machine that is not known yet, as in a package: Debian 11, RHEL 9 and all later ones. */
export const generalSettings: UnitSettings = {
  systemdVersion: 247,
  notifyAccess: 'main',
  exposed: [],
  writable: [],
  groups: [],
};

/** The folders that systemd makes and hands over, by the key that asks for one. */
export const managedFolders = {
  StateDirectory: '/var/lib',
  RuntimeDirectory: '/run',
  LogsDirectory: '/var/log',
} as const;

/** Of the section that says that a unit is ours; systemd passes over sections that start with X-. */
export const markSection = 'X-Certready';

type Line = readonly [key: string, value: string | number] | string;

const write = (lines: readonly Line[]): string =>
  lines
    .map((line) => (typeof line === 'string' ? line : `${line[0]}=${String(line[1])}`))
    .join('\n');

const unitSection = ({ description }: ServiceDefinition): Line[] => [
  '[Unit]',
  ['Description', plain(description)],
  ['Documentation', 'man:certready(1)'],
  ['Wants', 'network-online.target'],
  ['After', 'network-online.target nss-lookup.target time-sync.target'],
  ['StartLimitIntervalSec', '10min'],
  ['StartLimitBurst', 5],
];

const lifeOf = (
  { name, program, configFile }: ServiceDefinition,
  { systemdVersion, notifyAccess }: UnitSettings,
): Line[] => [
  ['Type', systemdVersion >= 253 ? 'notify-reload' : 'notify'],
  ['NotifyAccess', notifyAccess],
  [
    'ExecStart',
    commandLine([...program, ...(configFile === undefined ? [] : ['--config', configFile])]),
  ],
  // From 253 on systemd sends the signal itself.
  ...(systemdVersion >= 253
    ? []
    : [['ExecReload', "/bin/sh -c 'kill -HUP $MAINPID'"] satisfies Line]),
  '# Proxies (https_proxy=…) and what the configuration refers to as env:NAME',
  ['EnvironmentFile', `-/etc/certready/${name}.env`],
  ['Restart', 'on-failure'],
  ['RestartSec', '10s'],
  ['WatchdogSec', '2min'],
  ['TimeoutStartSec', '1min'],
  ['TimeoutStopSec', '20s'],
  '# The agent ends its own children',
  ['KillMode', 'mixed'],
  '# The mail comes first',
  ['MemoryMax', '512M'],
  ['TasksMax', 128],
  ['Nice', 5],
];

/** An account that exists only while the service runs; what it keeps is handed over to the next one. */
const account = ({ stateDir, secretFiles }: ServiceDefinition): Line[] => [
  ['DynamicUser', 'yes'],
  ['ConfigurationDirectory', 'certready'],
  ['StateDirectory', stateDir.slice(managedFolders.StateDirectory.length + 1)],
  ['StateDirectoryMode', '0700'],
  ...secretFiles.map((path): Line => ['LoadCredential', `${credentialName(path)}:${plain(path)}`]),
];

/** Whether a path is a folder, or leads into it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

/** Folders for reports and metrics, which others read. */
const reports = (
  { name, writeFolders }: ServiceDefinition,
  { writable, groups }: UnitSettings,
): Line[] => {
  const made = (['RuntimeDirectory', 'LogsDirectory'] as const).filter((key) =>
    writeFolders.some((path) => isWithin(path, `${managedFolders[key]}/${name}`)),
  );
  return [
    ...made.map((key): Line => [key, name]),
    ...writable.map((path): Line => ['ReadWritePaths', word(path)]),
    ...groups.map((group): Line => ['SupplementaryGroups', group]),
    ['UMask', writeFolders.length === 0 ? '0077' : '0022'],
  ];
};

const homeFolders = ['/home', '/root', '/run/user'];

const files = ({ exposed }: UnitSettings): Line[] => [
  ['ProtectSystem', 'strict'],
  // With `yes` nothing below could be shown.
  [
    'ProtectHome',
    exposed.some((path) => homeFolders.some((home) => isWithin(path, home))) ? 'tmpfs' : 'yes',
  ],
  ...exposed.map((path): Line => ['BindReadOnlyPaths', word(path)]),
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['DevicePolicy', 'closed'],
];

const kernel: readonly Line[] = [
  ['PrivateUsers', 'yes'],
  ['PrivateIPC', 'yes'],
  ['ProtectProc', 'invisible'],
  ['ProcSubset', 'pid'],
  ['ProtectClock', 'yes'],
  ['ProtectHostname', 'yes'],
  ['ProtectKernelLogs', 'yes'],
  ['ProtectKernelModules', 'yes'],
  ['ProtectKernelTunables', 'yes'],
  ['ProtectControlGroups', 'yes'],
  ['KeyringMode', 'private'],
  ['RemoveIPC', 'yes'],
  ['NoNewPrivileges', 'yes'],
  ['CapabilityBoundingSet', ''],
  ['AmbientCapabilities', ''],
  ['LockPersonality', 'yes'],
  ['RestrictNamespaces', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  '# Netlink tells which addresses this host has',
  ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
  '# Node compiles as it runs: no MemoryDenyWriteExecute; V8 protects what it writes with memory keys',
  ['SystemCallArchitectures', 'native'],
  ['SystemCallFilter', '@system-service @pkey'],
  ['SystemCallFilter', '~@privileged @resources'],
  ['SystemCallErrorNumber', 'EPERM'],
];

/** The text of a unit file. The definition has to fit: see suitability.ts. */
export const unitText = (definition: ServiceDefinition, settings: UnitSettings): string =>
  `${write([
    '# Written by `certready service install`, which replaces it. What is to differ goes into a drop-in:',
    `# systemctl edit ${definition.name}`,
    ...unitSection(definition),
    '',
    '[Service]',
    ...lifeOf(definition, settings),
    '',
    '# An account of its own, without a password, a home or rights',
    ...account(definition),
    ...reports(definition, settings),
    '',
    '# The system is there to be read, but for what is private',
    ...files(settings),
    '',
    ...kernel,
    '',
    '[Install]',
    ['WantedBy', 'multi-user.target'],
    '',
    `[${markSection}]`,
    ['Version', definition.version],
  ])}\n`;

/** Whether certready wrote a unit file, of whatever version. */
export const isOurs = (text: string): boolean => text.split('\n').includes(`[${markSection}]`);
