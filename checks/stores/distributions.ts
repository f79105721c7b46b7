/** Where the distributions keep their own store: a folder and bundles that a tool writes from one source. */

import { join } from 'node:path';
import type { SelectionPaths } from './debian-selection.ts';
import { sourceFolders } from './p11-kit.ts';

/** Where a distribution keeps the folder and the bundles that its own tool writes from one source. */
export interface Layout {
  readonly distribution: string;
  /** The folder by which it is recognised. */
  readonly mark: string;
  readonly folder: string;
  /** Where the folder really lies, if its usual name is a link of the distribution. */
  readonly realFolder?: string;
  readonly bundles: readonly string[];
  /** A bundle of `TRUSTED CERTIFICATE`s with all that the distribution ships, whatever it is trusted for. */
  readonly annotated?: string;
  /** Bundles of what is trusted for something else than servers. */
  readonly otherPurposes?: readonly { readonly path: string; readonly purpose: string }[];
  /** p11-kit's folders, from which the tool writes all of it. */
  readonly sources?: readonly string[];
  /** Where the administrator adds certificates. */
  readonly local?: string;
  readonly selection?: SelectionPaths;
}

/** The first whose mark is there is the machine's; the last is everybody else's. */
export const layouts: readonly Layout[] = [
  {
    distribution: 'suse',
    mark: '/var/lib/ca-certificates',
    folder: '/etc/ssl/certs',
    realFolder: '/var/lib/ca-certificates/pem',
    bundles: ['/etc/ssl/ca-bundle.pem', '/var/lib/ca-certificates/ca-bundle.pem'],
    sources: sourceFolders.suse,
  },
  {
    distribution: 'redhat',
    mark: '/etc/pki/ca-trust/extracted',
    folder: '/etc/pki/tls/certs',
    bundles: [
      '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
      '/etc/pki/tls/certs/ca-bundle.crt',
      '/etc/pki/tls/cert.pem',
    ],
    annotated: '/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt',
    otherPurposes: [
      {
        path: '/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem',
        purpose: 'emailProtection',
      },
      { path: '/etc/pki/ca-trust/extracted/pem/objsign-ca-bundle.pem', purpose: 'codeSigning' },
    ],
    sources: sourceFolders.redhat,
  },
  {
    distribution: 'debian',
    mark: '/etc/ssl/certs',
    folder: '/etc/ssl/certs',
    bundles: ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem'],
    selection: {
      configuration: '/etc/ca-certificates.conf',
      certificates: '/usr/share/ca-certificates',
    },
    local: '/usr/local/share/ca-certificates',
  },
];

/** The same in a file system that begins at `root`. */
export const layoutBelow = (root: string, layout: Layout): Layout => {
  const at = (path: string): string => join(root, path);
  return {
    ...layout,
    folder: at(layout.folder),
    bundles: layout.bundles.map(at),
    ...(layout.annotated !== undefined && { annotated: at(layout.annotated) }),
    ...(layout.otherPurposes && {
      otherPurposes: layout.otherPurposes.map((one) => ({ ...one, path: at(one.path) })),
    }),
    ...(layout.sources && { sources: layout.sources.map(at) }),
    ...(layout.local !== undefined && { local: at(layout.local) }),
    ...(layout.selection && {
      selection: {
        configuration: at(layout.selection.configuration),
        certificates: at(layout.selection.certificates),
      },
    }),
  };
};
