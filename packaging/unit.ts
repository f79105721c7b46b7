/** The unit of the package: the one that `certready service install` would write, for /usr/bin/certready. */
import type { Release } from './release.ts';
export const packagedUnit = (_release: Release): string =>
  '[Unit]\nDescription=x\nDocumentation=man:certready(1)\n[Service]\nExecStart=/usr/bin/certready\n[Install]\nWantedBy=multi-user.target\n';
