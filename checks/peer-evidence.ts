/** What the report shows of a mail host (contract: `smtp` evidence). */

import { certificateNames } from './peer-certificate.ts';
import { type Certificate, fingerprint256 } from './pki/certificate.ts';
import { keyStrength } from './pki/key-strength.ts';
import { nameText } from './pki/name.ts';
import type { OcspVerdict } from './pki/ocsp-judge.ts';
import type { Evidence, Finding, HostPort, StarttlsResult, TlsSession } from './types.ts';

export const stapleEvidence = ({ answer, problems }: OcspVerdict): Evidence => ({
  stapledOcsp: problems[0]?.code ?? answer?.status ?? 'unusable',
});

export const certificateEvidence = (leaf: Certificate): Evidence => ({
  subject: nameText(leaf.subject),
  issuer: nameText(leaf.issuer),
  sha256: fingerprint256(leaf.raw),
  notAfter: leaf.notAfter.toISOString(),
  names: certificateNames(leaf),
  keyBits: keyStrength(leaf).bits,
  keyType: keyStrength(leaf).type,
});

export const sessionEvidence = (result: StarttlsResult, { port }: HostPort): Evidence => {
  const { tls, banner, addresses } = result;
  const connected = addresses.find(({ code }) => code === undefined)?.address;
  return {
    addresses: addresses.map(({ address }) => address),
    ...(connected !== undefined && { address: connected }),
    port,
    ...(banner !== undefined && { banner }),
    ...(tls && { protocol: tls.protocol, cipher: tls.cipher }),
    ...(tls?.ephemeralKey !== undefined && { ephemeralKey: tls.ephemeralKey }),
    ...(tls && { certificates: tls.certificates.length }),
  };
};

/** One line: what was found, and the host's certificate. */
export const summaryOf = (
  tls: TlsSession | undefined,
  evidence: Evidence,
  findings: readonly Finding[],
) => {
  const [first] = findings;
  if (!tls) return first?.code ?? 'no answer';
  const root = evidence['root'];
  const about = [
    tls.protocol,
    evidence['subject'],
    ...(typeof root === 'string' ? [`under ${root}`] : []),
  ];
  const line = about.filter((part) => typeof part === 'string').join(', ');
  return first ? `${findings.map(({ code }) => code).join(', ')}: ${line}` : line;
};
