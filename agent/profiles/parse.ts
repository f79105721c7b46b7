/** A profile file → Profile, valid by construction, or everything that is wrong with it. */

import { fingerprint256 } from '../../checks/pki/certificate.ts';
import type { Authority, Profile } from '../../checks/types.ts';
import { parseDocument } from '../documents/parse.ts';
import {
  type Loose,
  type Problem,
  firstAtEachKey,
  problemLines,
  problemsOf,
  withoutRefused,
} from '../documents/problems.ts';
import { AgentError } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import { type CertificateSource, plainHex, readAuthorityCertificates } from './certificates.ts';
import { referenceProblems } from './references.ts';
import { type ProfileDocument, profileSchema, profileTextKeys } from './schema.ts';

const invalid = (path: string, problems: readonly Problem[]): AgentError =>
  new AgentError('profile-invalid', problemLines(path, problems));

const plainSerial = (serial: string): string => {
  const digits = plainHex(serial).replace(/^0+(?=.)/, '');
  return digits.length % 2 === 0 ? digits : `0${digits}`;
};

const authorityOf = (
  { id, name, root = false, sha256, issuer, url }: ProfileDocument['authorities'][number],
  der: Uint8Array | undefined,
): Authority => {
  const fingerprint = der ? fingerprint256(der) : sha256 && plainHex(sha256);
  return {
    id,
    name,
    root,
    ...(fingerprint !== undefined && { sha256: fingerprint }),
    ...(der && { der }),
    ...(issuer !== undefined && { issuer }),
    ...(url !== undefined && { url }),
  };
};

const profileOf = (
  document: ProfileDocument,
  ders: readonly (Uint8Array | undefined)[],
): Profile => {
  const { id, title, source, effective, supersededBy, peer } = document;
  return {
    id,
    title,
    ...(source !== undefined && { source }),
    ...(effective !== undefined && { effective }),
    ...(supersededBy !== undefined && { supersededBy }),
    replaces: (document.replaces ?? []).map(plainHex),
    notes: document.notes ?? [],
    endpoints: (document.endpoints ?? []).flatMap((text) => parseHostPort(text, 80) ?? []),
    authorities: document.authorities.map((authority, index) =>
      authorityOf(authority, ders[index]),
    ),
    crls: document.crls ?? [],
    ocsp: (document.ocsp ?? []).map(({ url, issuer, certificate }) => ({
      url,
      issuer,
      certificate:
        typeof certificate === 'string'
          ? { authority: certificate }
          : { serial: plainSerial(certificate.serial) },
    })),
    ...(peer && {
      peer: {
        names: peer.names,
        ...(peer.organization !== undefined && { organization: peer.organization }),
        ...(peer.keyBits !== undefined && { keyBits: peer.keyBits }),
        ...(peer.minTlsVersion !== undefined && { minTlsVersion: peer.minTlsVersion }),
        ...(peer.forwardSecrecy !== undefined && { forwardSecrecy: peer.forwardSecrecy }),
      },
    }),
  };
};

/**
 * @param text YAML or JSON
 * @throws AgentError `profile-invalid` with a line per problem: `FILE: KEY: got …, allowed: …`
 */
export const parseProfile = async (text: string, source: CertificateSource): Promise<Profile> => {
  const parsed = parseDocument(text, profileTextKeys);
  if (parsed.problems) throw invalid(source.path, parsed.problems);
  const checked = profileSchema.safeParse(parsed.value);
  const issues = checked.error?.issues ?? [];
  if (issues.some(({ path, code }) => path.length === 0 && code !== 'unrecognized_keys'))
    throw invalid(source.path, problemsOf(issues, parsed.value));
  const document = withoutRefused(issues, parsed.value) as Loose<ProfileDocument>;
  const { ders, problems } = await readAuthorityCertificates(document, source);
  const all = [...problemsOf(issues, parsed.value), ...referenceProblems(document), ...problems];
  if (!checked.success || all.length > 0) throw invalid(source.path, firstAtEachKey(all));
  return profileOf(checked.data, ders);
};
