/** The certificates of a chain from files, each with what it says and linked to its issuer. */

import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import {
  AuthorityInfoAccessExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '@peculiar/x509';
import { CertificatesFileError, readCertificates } from '../../checks/pki/certificates-file.ts';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { keyStrength } from '../../checks/pki/key-strength.ts';
import { AgentError } from '../errors.ts';
import { plainHex } from './certificates.ts';
import type { CertificateFile } from './derive.ts';

export interface CertificateFacts {
  readonly der: Uint8Array;
  readonly sha256: string;
  readonly serial: string;
  /** The common name, or another part of the subject. */
  readonly name: string;
  readonly isAuthority: boolean;
  readonly organization?: string;
  readonly dnsNames: readonly string[];
  readonly rsaBits?: number;
  /** Addresses by http and https only. */
  readonly caIssuers: readonly string[];
  readonly ocsp: readonly string[];
  readonly crls: readonly string[];
}

export interface LinkedCertificate extends CertificateFacts {
  /** SHA-256 of its issuer's certificate; a root has none. */
  readonly issuer?: string;
}

const isHttp = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);

const crlUrls = (certificate: X509Certificate): readonly string[] =>
  (certificate.getExtension(CRLDistributionPointsExtension)?.distributionPoints ?? []).flatMap(
    ({ distributionPoint }) =>
      (distributionPoint?.fullName ?? []).flatMap(
        ({ uniformResourceIdentifier }) => uniformResourceIdentifier ?? [],
      ),
  );

const factsOf = (der: Uint8Array): CertificateFacts => {
  const certificate = new X509Certificate(Uint8Array.from(der));
  const node = new NodeCertificate(der);
  const subject = certificate.subjectName;
  const [organization] = subject.getField('O');
  const access = certificate.getExtension(AuthorityInfoAccessExtension);
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const parsed = parseCertificate(der);
  const { type, bits } = keyStrength(parsed);
  const urls = (values: readonly { readonly value: string }[] = []): readonly string[] =>
    values.map(({ value }) => value).filter(isHttp);
  return {
    der,
    sha256: plainHex(node.fingerprint256),
    serial: parsed.serialHex,
    name: subject.getField('CN')[0] ?? subject.getField('OU')[0] ?? organization ?? 'unnamed',
    isAuthority: certificate.getExtension(BasicConstraintsExtension)?.ca ?? node.checkIssued(node), // version 1 roots have no extensions
    ...(organization !== undefined && { organization }),
    dnsNames: names.flatMap(({ type, value }) => (type === 'dns' ? [value] : [])),
    ...((type === 'rsa' || type === 'rsa-pss') && { rsaBits: bits }),
    caIssuers: urls(access?.caIssuers),
    ocsp: urls(access?.ocsp),
    crls: crlUrls(certificate).filter(isHttp),
  };
};

const invalid = (line: string, cause?: unknown): AgentError =>
  new AgentError('certificate-invalid', line, cause);

const readFile = async ({ path, bytes }: CertificateFile): Promise<readonly CertificateFacts[]> => {
  try {
    return (await readCertificates(bytes)).certificates.map(factsOf);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const what =
      error instanceof CertificatesFileError ? error.message : 'an unreadable certificate';
    throw invalid(`${path}: got ${what}, allowed: certificates in PEM, DER or PKCS#7`, error);
  }
};

const issued = (issuer: CertificateFacts, { der }: CertificateFacts): boolean => {
  const child = new NodeCertificate(der);
  const parent = new NodeCertificate(issuer.der);
  return child.checkIssued(parent) && child.verify(parent.publicKey);
};

/** A certificate with its issuer among all of them. */
const link = (
  certificate: CertificateFacts,
  all: readonly CertificateFacts[],
): LinkedCertificate => {
  if (issued(certificate, certificate)) return certificate;
  const issuers = all.filter(
    (candidate) =>
      candidate !== certificate && candidate.isAuthority && issued(candidate, certificate),
  );
  // Of a root and a cross-certificate for its key, the root ends the chain.
  const issuer = issuers.find((one) => issued(one, one)) ?? issuers[0];
  if (issuer) return { ...certificate, issuer: issuer.sha256 };
  throw invalid(
    `${certificate.name}: its issuer is missing, needed: all certificates up to the root`,
  );
};

/**
 * The certificates of one chain, each once, linked by name and signature.
 * @throws AgentError `certificate-invalid`
 */
export const readChain = async (
  files: readonly CertificateFile[],
): Promise<readonly LinkedCertificate[]> => {
  const read = (await Promise.all(files.map(readFile))).flat();
  const all = [...new Map(read.map((certificate) => [certificate.sha256, certificate])).values()];
  const leaves = all.filter(({ isAuthority }) => !isAuthority);
  if (leaves.length > 1)
    throw invalid(
      `got ${leaves.length} certificates that are no authorities (${leaves.map(({ name }) => name).join(', ')}), allowed: one`,
    );
  const linked = all.map((certificate) => link(certificate, all));
  if (linked.every(({ issuer }) => issuer !== undefined))
    throw invalid('the certificates issued each other, needed: one that is self-signed');
  return linked;
};
