/** From the certificates of a chain to a profile file that asks for everything that they name. */

import { stringify } from 'yaml';
import { profileEndpoints } from '../../checks/endpoint.ts';
import type { Authority, ExpectedPeer, OcspSource, Profile } from '../../checks/types.ts';
import { readBytes } from '../documents/read.ts';
import { type LinkedCertificate, readChain } from './chain-certificates.ts';
import { profileDocument } from './document.ts';
import { parseProfile } from './parse.ts';

export interface DeriveOptions {
  readonly id?: string;
  readonly title?: string;
}

export interface CertificateFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'authority';

/** An id for each authority, from its name, by the SHA-256 of its certificate. */
const idsOf = (authorities: readonly LinkedCertificate[]): ReadonlyMap<string, string> => {
  const ids = new Map<string, string>();
  for (const { name, sha256 } of authorities) {
    const plain = slug(name);
    const taken = new Set(ids.values());
    let id = plain;
    for (let count = 2; taken.has(id); count++) id = `${plain}-${count}`;
    ids.set(sha256, id);
  }
  return ids;
};

const peerOf = (leaf: LinkedCertificate): ExpectedPeer | undefined =>
  leaf.dnsNames.length === 0
    ? undefined
    : {
        names: leaf.dnsNames,
        ...(leaf.organization !== undefined && { organization: leaf.organization }),
        ...(leaf.rsaBits !== undefined && { keyBits: leaf.rsaBits }),
        minTlsVersion: 'TLSv1.2',
        forwardSecrecy: true,
      };

const derived = (
  certificates: readonly LinkedCertificate[],
  { id, title }: DeriveOptions,
): Profile => {
  const leaf = certificates.find(({ isAuthority }) => !isAuthority);
  const authorities = certificates.filter(({ isAuthority }) => isAuthority);
  const ids = idsOf(authorities);
  const root = authorities.find(({ issuer }) => issuer === undefined);
  const issued = certificates.flatMap((certificate) => {
    const issuer = ids.get(certificate.issuer ?? '');
    return issuer === undefined ? [] : [{ ...certificate, issuer }];
  });
  const crls = issued.flatMap((certificate) =>
    certificate.crls.map((url) => ({ url, issuer: certificate.issuer })),
  );
  const name = leaf?.dnsNames[0] ?? leaf?.name ?? 'certificates';
  const peer = leaf && peerOf(leaf);
  return {
    id: id ?? slug(`${name} ${root?.name ?? ''}`),
    title: title ?? `${name} under ${root?.name ?? 'its root'}`,
    replaces: [],
    notes: [],
    endpoints: [],
    authorities: authorities.map((authority): Authority => {
      // A certificate's caIssuers say where its issuer's certificate is.
      const [url] = certificates
        .filter(({ issuer }) => issuer === authority.sha256)
        .flatMap(({ caIssuers }) => caIssuers);
      const issuer = ids.get(authority.issuer ?? '');
      return {
        id: ids.get(authority.sha256) ?? '',
        name: authority.name,
        root: issuer === undefined,
        sha256: authority.sha256,
        der: authority.der,
        ...(issuer !== undefined && { issuer }),
        ...(issuer !== undefined && url !== undefined && { url }),
      };
    }),
    crls: [...new Map(crls.map((crl) => [crl.url, crl])).values()],
    ocsp: issued.flatMap((certificate) =>
      certificate.ocsp.map((url): OcspSource => {
        const asked = ids.get(certificate.sha256);
        return {
          url,
          issuer: certificate.issuer,
          certificate: asked === undefined ? { serial: certificate.serial } : { authority: asked },
        };
      }),
    ),
    ...(peer && { peer }),
  };
};

/**
 * @param files the certificates of one chain with its root, in any order; a leaf is not needed
 * @returns a profile file in YAML
 * @throws AgentError `certificate-invalid` where the certificates are not one chain up to a root
 */
export const deriveProfile = async (
  files: readonly CertificateFile[],
  options: DeriveOptions = {},
): Promise<string> => {
  const certificates = await readChain(files);
  const profile = derived(certificates, options);
  // Its addresses lead there anyway; a reader sees what a firewall must allow.
  const endpoints = profileEndpoints(profile);
  const text = stringify(profileDocument({ ...profile, endpoints }), { lineWidth: 0 });
  // What this program writes it must also take.
  await parseProfile(text, { path: 'derived profile', readFile: readBytes });
  return text;
};
