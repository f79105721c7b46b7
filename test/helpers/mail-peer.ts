/** Mail hosts of a small world: an announced root, an old one, a third, and an inspector's. */

import assert from 'node:assert/strict';
import { createRun } from '../../agent/run/context.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { smtpCheck } from '../../checks/smtp.ts';
import type {
  ExpectedPeer,
  GapCode,
  Judgement,
  Profile,
  StarttlsResult,
  StoreEntry,
  TlsSession,
  TrustStore,
} from '../../checks/types.ts';
import { fakeHost } from './fake-host.ts';
import { type Identity, makeCa, testTime } from './private-ca.ts';
import { dnsName, subjectAltName } from './x509-writer.ts';

export const mailHost = 'contoso-com.mail.example.com';
export const names = subjectAltName(dnsName('mail.example.com'), dnsName('*.mail.example.com'));
export const subject = 'C=US, O=Example Mail, CN=mail.example.com';
export const root = makeCa({ name: 'C=XX, O=New Trust, CN=New Root' });
export const oldRoot = makeCa({ name: 'C=XX, O=Old Trust, CN=Old Root' });
export const thirdRoot = makeCa({ name: 'C=XX, O=Third Trust, CN=Third Root' });
export const strangeRoot = makeCa({ name: 'O=Inspection, CN=Inspection Root' });
export const caUnder = (top: Identity, name = 'CN=Issuing CA'): Identity =>
  top.issue({ name, ca: true });
export const ca = caUnder(root, 'O=New Trust, CN=Issuing CA');
export const leafUnder = (
  issuer: Identity,
  options: Partial<Parameters<Identity['issue']>[0]> = {},
): Identity => issuer.issue({ name: subject, extensions: [names], ...options });
export const leaf = leafUnder(ca);

export const session = (...chain: readonly Identity[]): TlsSession => ({
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  ephemeralKey: 'X25519',
  certificates: chain.map(({ der }) => der),
});
export const shown = (tls: TlsSession): StarttlsResult => ({
  stages: [{ name: 'connect', ms: 1 }],
  findings: [],
  addresses: [{ address: '192.0.2.25', family: 4, ms: 1 }],
  banner: '220 mail.example.com ESMTP',
  tls,
});

export interface StoreOptions {
  readonly mail?: TrustStore['mail'];
  readonly name?: string;
  readonly entry?: Partial<StoreEntry>;
}
export const storeOf = (
  roots: readonly Identity[],
  { mail = 'verifies', name = '/etc/ssl/certs', entry = {} }: StoreOptions = {},
): TrustStore => ({
  kind: 'openssl-directory',
  name,
  path: name,
  mail,
  read: () =>
    Promise.resolve({
      entries: roots.map(({ der }) => ({ der, trust: 'trusted', origin: name, ...entry })),
      problems: [],
    }),
});

export const peer: ExpectedPeer = {
  names: ['mail.example.com'],
  organization: 'Example Mail',
  keyBits: 2048,
  minTlsVersion: 'TLSv1.2',
  forwardSecrecy: true,
};
export const profile: Profile = {
  id: 'new',
  title: 'New',
  effective: '2025-01-01',
  replaces: [fingerprint256(oldRoot.der)],
  notes: [],
  endpoints: [],
  authorities: [
    { id: 'root', name: 'New Root', root: true, sha256: fingerprint256(root.der), der: root.der },
    { id: 'ca', name: 'Issuing CA', root: false, issuer: 'root', der: ca.der },
  ],
  crls: [],
  ocsp: [],
  peer,
};

export interface Asked {
  readonly result?: StarttlsResult;
  readonly stores?: readonly TrustStore[];
  readonly profile?: Profile;
  readonly host?: string;
  readonly at?: Date;
  readonly knownRoots?: readonly Identity[];
}

export const ask = async (tls: TlsSession | undefined, asked: Asked = {}): Promise<Judgement> => {
  const { stores = [storeOf([root])], at = testTime } = asked;
  const result = asked.result ?? (tls && shown(tls));
  assert.ok(result);
  const host = fakeHost({ trustStores: stores, starttls: () => Promise.resolve(result) });
  const run = createRun(host, {
    smtp: [{ host: asked.host ?? mailHost, port: 25 }],
    knownRoots: () => Promise.resolve((asked.knownRoots ?? []).map(({ der }) => der)),
  });
  const [task] = smtpCheck.tasks(asked.profile ?? profile, run);
  assert.ok(task);
  assert.equal(task.target, `${asked.host ?? mailHost}:25`);
  const observation = await task.observe(new AbortController().signal);
  return observation.judge(at);
};
export const codes = ({ findings }: Judgement): readonly GapCode[] =>
  findings.map(({ code }) => code);

export const oldCa = caUnder(oldRoot);
export const thirdCa = caUnder(thirdRoot);
export const strangeCa = caUnder(strangeRoot);
