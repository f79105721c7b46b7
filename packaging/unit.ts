/** The unit of the packages: what `certready service install` writes, for any machine. */

import { defaultConfig } from '../agent/config/config.ts';
import { generalSettings, managedFolders, unitText } from '../service/systemd/unit.ts';
import type { Release } from './release.ts';

export const packagedUnit = ({ version }: Release): string => {
  const stateDir = `${managedFolders.StateDirectory}/certready`;
  const { schedule } = defaultConfig(stateDir);
  const text = unitText(
    {
      name: 'certready',
      displayName: 'certready',
      description: 'Would this host survive the certificate change? Asked on a schedule.',
      program: ['/usr/bin/certready'],
      version,
      stateDir,
      schedule,
      readPaths: [],
      secretFiles: [],
      writeFolders: [],
    },
    generalSettings,
  );
  // Its first lines say who wrote it
  return `# Belongs to the package. What is to differ goes into a drop-in: systemctl edit certready\n${text.slice(text.indexOf('[Unit]'))}`;
};
