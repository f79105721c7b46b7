/**
 * The vocabulary of certready. Everything that a check needs, gives or says is named here.
 * This file imports nothing of the project, and everything may import it.
 */

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What was observed, as data. Times are ISO 8601, fingerprints upper-case hex without colons, durations milliseconds. */
export type Evidence = Readonly<Record<string, Json>>;

// ---------------------------------------------------------------- checks and gaps

export const checkKinds = [
  'endpoint',
  'aia',
  'crl',
  'ocsp',
  'trust-store',
  'root-update',
  'smtp',
  'mail-server',
  'clock',
] as const;
export type CheckKind = (typeof checkKinds)[number];

export const checkStatuses = [
  'ok',
  'warning',
  'critical',
  'unknown',
  'blocked',
  'skipped',
] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export const stageNames = [
  'dns',
  'connect',
  'proxy',
  'tls',
  'smtp',
  'request',
  'response',
  'parse',
  'verify',
] as const;
export type StageName = (typeof stageNames)[number];

/** One step of a check: how long it took (ms) and one detail worth reading (an address, a status line). */
export interface Stage {
  readonly name: StageName;
  readonly ms: number;
  readonly detail?: string;
}

export const gapOwners = ['network', 'server', 'ca', 'peer'] as const;
export type GapOwner = (typeof gapOwners)[number];

export const severities = ['critical', 'warning'] as const;
export type Severity = (typeof severities)[number];

/** Every gap code, by category. A code without words in gaps.ts does not compile. */
export const gapCodesByCategory = {
  dns: ['dns-not-found', 'dns-failure', 'dns-timeout', 'dns-sinkhole'],
  firewall: [
    'connect-timeout',
    'connect-refused',
    'connect-unreachable',
    'connection-reset',
    'response-timeout',
    'response-stalled',
    'response-truncated',
    'block-page',
    'redirected-elsewhere',
    'ipv6-unreachable',
    'starttls-stripped',
    'tls-intercepted',
  ],
  proxy: ['proxy-unreachable', 'proxy-auth-required', 'proxy-denied', 'proxy-error'],
  endpoint: ['http-status', 'unexpected-content', 'response-too-large'],
  revocation: [
    'crl-malformed',
    'crl-signature-invalid',
    'crl-wrong-issuer',
    'crl-expired',
    'crl-not-yet-valid',
    'crl-unsupported-extension',
    'crl-out-of-scope',
    'crl-number-rollback',
    'ocsp-malformed',
    'ocsp-error',
    'ocsp-try-later',
    'ocsp-unauthorized',
    'ocsp-signature-invalid',
    'ocsp-responder-unauthorized',
    'ocsp-certificate-mismatch',
    'ocsp-expired',
    'ocsp-not-yet-valid',
    'ocsp-nonce-mismatch',
    'ocsp-unknown',
    'certificate-revoked',
  ],
  certificate: [
    'issuer-malformed',
    'issuer-mismatch',
    'certificate-expired',
    'certificate-not-yet-valid',
    'chain-incomplete',
    'chain-untrusted',
    'name-mismatch',
    'organization-mismatch',
    'key-too-weak',
    'unexpected-root',
    'old-certificate',
  ],
  'root-store': [
    'root-missing',
    'root-distrusted',
    'root-expired',
    'root-lookalike',
    'root-not-for-server-auth',
    'root-update-disabled',
    'root-update-stale',
  ],
  'mail-server': [
    'smtp-rejected',
    'starttls-missing',
    'tls-handshake-failed',
    'tls-version-too-low',
    'no-forward-secrecy',
    'tls-not-verified',
    'own-certificate',
  ],
  clock: ['clock-skew'],
} as const;
export type GapCategory = keyof typeof gapCodesByCategory;
export type GapCode = (typeof gapCodesByCategory)[GapCategory][number];

/**
 * A gap as a check or the network client sees it: the cause and its evidence, no words.
 * `owner` and `severity` stand only where they differ from what gaps.ts says of the code.
 */
export interface Finding {
  readonly code: GapCode;
  /** What the gap is about, by the contract's "Target": `HOST:PORT`, a URL, a name or `AUTHORITY@STORE`. */
  readonly target: string;
  readonly severity?: Severity;
  readonly owner?: GapOwner;
  readonly evidence: Evidence;
}

/** A gap's identity, stable from run to run: CODE:TARGET. */
export type GapId = string;

export const gapId = (finding: Pick<Finding, 'code' | 'target'>): GapId =>
  `${finding.code}:${finding.target}`;

/** What a check concludes once the evaluation time is known. */
export interface Judgement {
  /** One line: what was observed. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly evidence: Evidence;
  /** Gaps of other checks that kept this one from concluding. */
  readonly blockedBy?: readonly GapId[];
  /** Why it could not conclude although no gap explains it. */
  readonly unknown?: string;
  /** Why the question does not arise on this host. */
  readonly skipped?: string;
}

/** A server's clock as one of its Date headers showed it. */
export interface ServerTime {
  readonly host: string;
  /** The server's clock minus this host's, milliseconds; Age is accounted for. */
  readonly offsetMs: number;
}

/** What a check saw. Judging it is pure: the same observation can be judged at several times. */
export interface Observation {
  readonly stages: readonly Stage[];
  readonly serverTimes?: readonly ServerTime[];
  judge(at: Date): Judgement;
}

/** One question to this host, of one check kind, for one or more profiles. */
export interface Task {
  readonly kind: CheckKind;
  readonly target: string;
  /** Names what is asked beyond the target; tasks with equal kind, target and question are asked once. */
  readonly question?: string;
  observe(signal: AbortSignal): Promise<Observation>;
}

/** A check turns a profile into the questions that it has for this host. */
export interface Check {
  readonly kind: CheckKind;
  /** Asked once all others have been observed, because it judges what they saw. */
  readonly last?: true;
  tasks(profile: Profile, run: Run): readonly Task[];
}

/** A check whose questions are looked for on this host first, while others are asked already. */
export interface DiscoveringCheck {
  readonly kind: CheckKind;
  discover(profile: Profile, run: Run): Promise<readonly Task[]>;
}

/** What all tasks of one run share. */
export interface Run {
  readonly host: Host;
  readonly options: RunOptions;
  /** The certificate of an authority, from the profile or fetched once from its URL. */
  authority(profile: Profile, id: string, signal: AbortSignal): Promise<AuthorityCertificate>;
  /** What `make` makes, made once per run for one key. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** What the tasks before the last ones have seen; empty until then. */
  seen(): Seen;
}

export interface Seen {
  readonly serverTimes: readonly ServerTime[];
  readonly findings: readonly Finding[];
}

/** The DER of an authority's certificate, or why there is none. */
export type AuthorityCertificate =
  | { readonly der: Uint8Array; readonly source: 'profile' | 'aia' }
  | { readonly der?: undefined; readonly blockedBy: readonly GapId[]; readonly reason: string };

export interface RunOptions {
  /** Mail hosts whose STARTTLS certificate is judged. */
  readonly smtp: readonly HostPort[];
  /** Validity is judged as of this time; absent: the host's clock, checked against the servers'. */
  readonly at?: Date;
  /** DER of roots that other profiles name: a mail host that presents one of them is not intercepted. */
  readonly knownRoots?: () => Promise<readonly Uint8Array[]>;
  /** What earlier runs saw; absent: there were none to remember. */
  readonly memory?: Memory;
}

/** What earlier runs saw, and what this one leaves to the next: what is noted now is recalled by the next run. */
export interface Memory {
  /** The newest sound CRL of an issuer and scope. */
  crl(key: string): SeenCrl | undefined;
  noteCrl(key: string, crl: SeenCrl): void;
  /** When `HOST:PORT` last offered STARTTLS. */
  starttls(target: string): Date | undefined;
  noteStarttls(target: string): void;
}

export interface SeenCrl {
  readonly number: bigint;
  readonly thisUpdate: Date;
}

// ---------------------------------------------------------------- profiles

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A certificate authority of a migration. Valid by construction: `der`, where present, has the SHA-256 `sha256`. */
export interface Authority {
  readonly id: string;
  readonly name: string;
  readonly root: boolean;
  /** Upper-case hex. Roots always have it. */
  readonly sha256?: string;
  readonly der?: Uint8Array;
  /** The id of the authority that issued it; roots have none. */
  readonly issuer?: string;
  /** Where its certificate can be fetched (AIA caIssuers). */
  readonly url?: string;
}

export interface CrlSource {
  readonly url: string;
  /** The id of the authority that issues it. */
  readonly issuer: string;
}

export interface OcspSource {
  readonly url: string;
  /** The id of the authority that issued the certificate asked about. */
  readonly issuer: string;
  readonly certificate: { readonly authority: string } | { readonly serial: string };
}

/** What the mail host presents after the change. */
export interface ExpectedPeer {
  readonly names: readonly string[];
  readonly organization?: string;
  readonly keyBits?: number;
  readonly minTlsVersion?: TlsVersion;
  readonly forwardSecrecy?: boolean;
}

export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** A certificate-authority change, as data. */
export interface Profile {
  readonly id: string;
  /** The file that it was read from, absolute; absent where it is built in. */
  readonly path?: string;
  readonly title: string;
  readonly source?: string;
  /** The day of the change, YYYY-MM-DD. */
  readonly effective?: string;
  readonly supersededBy?: string;
  /** SHA-256 of the roots that this change takes over from. */
  readonly replaces: readonly string[];
  /** What its reader should know, a sentence each. */
  readonly notes: readonly string[];
  readonly endpoints: readonly HostPort[];
  readonly authorities: readonly Authority[];
  readonly crls: readonly CrlSource[];
  readonly ocsp: readonly OcspSource[];
  readonly peer?: ExpectedPeer;
}

// ---------------------------------------------------------------- the host

/** The machine that is asked. Everything that touches the outside world goes through it. */
export interface Host {
  readonly name: string;
  readonly platform: Platform;
  readonly release: string;
  /** The wall clock. */
  now(): Date;
  /** A clock that only goes forward, milliseconds from an arbitrary start. */
  elapsed(): number;
  readonly network: Network;
  /** The trust stores found on this host, or those that the user named; looked for once. */
  trustStores(): Promise<readonly TrustStore[]>;
}

export type Platform = 'linux' | 'win32' | 'darwin' | 'other';

/** The way out of this host. It reports faults as findings and throws only on a bug or an abort of the run. */
export interface Network {
  /** Resolves a name and dials each of its addresses by itself; behind a proxy it asks the proxy. */
  probe(target: HostPort, signal: AbortSignal): Promise<ProbeResult>;
  /** What this host would connect to for a target, which it does not: addresses of the host, or of the proxy. */
  resolve(target: HostPort, signal: AbortSignal): Promise<ResolveResult>;
  /** Fetches a URL over http or https, following at most five redirects, feeding the body to a sink as it arrives. */
  fetch<S extends BodySink>(request: FetchRequest<S>, signal: AbortSignal): Promise<FetchResult<S>>;
  /** Speaks SMTP up to the end of the TLS handshake, and QUIT. */
  starttls(
    target: HostPort,
    options: StarttlsOptions,
    signal: AbortSignal,
  ): Promise<StarttlsResult>;
}

export interface ResolveResult {
  /** The proxy that is asked instead, as HOST:PORT: it resolves the target, and `addresses` are its own. */
  readonly proxy?: string;
  readonly addresses: readonly string[];
  /** This host's own addresses on the way there, by its routes. */
  readonly localAddresses: readonly string[];
  /** Why there are no addresses. */
  readonly finding?: Finding;
}

export interface AddressResult {
  readonly address: string;
  readonly family: 4 | 6;
  readonly ms: number;
  /** Absent: connected. */
  readonly code?: GapCode;
  /** The system's error, e.g. ECONNREFUSED. */
  readonly error?: string;
}

export interface ProbeResult {
  readonly stages: readonly Stage[];
  readonly findings: readonly Finding[];
  /** Every address that the name resolved to, in resolver order; empty behind a proxy. */
  readonly addresses: readonly AddressResult[];
  /** The proxy that was asked instead, as HOST:PORT. */
  readonly proxy?: string;
}

/** Takes a body as it arrives. A throw ends the transfer and is a bug. */
export interface BodySink {
  write(chunk: Uint8Array): void;
}

export interface FetchRequest<S extends BodySink> {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The most bytes of body that are taken, after decompression. */
  readonly limit: number;
  /** Makes the sink for one attempt; a retry starts with a new one. */
  open(): S;
}

export interface FetchResult<S extends BodySink> {
  readonly stages: readonly Stage[];
  /** The sink that took the whole body; absent when the transfer failed or brought a page instead. */
  readonly sink?: S;
  /** Why there is no usable body. */
  readonly finding?: Finding;
  /** HTTP status of the last response, if one came. */
  readonly status?: number;
  readonly contentType?: string;
  /** What the last response may be asked about with, so that its body need not come again. */
  readonly validators?: Validators;
  /** Bytes of body, after decompression. */
  readonly bytes: number;
  /** The address (or proxy) that the last connection went to. */
  readonly address?: string;
  /** Where redirects led, in order. */
  readonly redirects: readonly string[];
  readonly serverTimes: readonly ServerTime[];
}

/** RFC 9110 sections 8.8.2 and 8.8.3. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface StarttlsOptions {
  /** The lowest version that is offered in the handshake; default TLSv1. */
  readonly minVersion?: TlsVersion;
}

/** What a mail host showed. Fields are absent from the stage on at which it failed. */
export interface StarttlsResult {
  readonly stages: readonly Stage[];
  readonly findings: readonly Finding[];
  readonly addresses: readonly AddressResult[];
  readonly banner?: string;
  readonly tls?: TlsSession;
}

export interface TlsSession {
  readonly protocol: string;
  readonly cipher: string;
  /** E.g. `X25519`, `ECDH prime256v1`, `DH 2048`; absent without forward secrecy. */
  readonly ephemeralKey?: string;
  /** DER, the host's own first, as sent. */
  readonly certificates: readonly Uint8Array[];
  readonly stapledOcsp?: Uint8Array;
}

// ---------------------------------------------------------------- trust stores

/** A place where a program looks for the roots that it trusts. */
export interface TrustStore {
  /** What kind of store it is, e.g. `openssl-directory`, `openssl-bundle`, `java`. */
  readonly kind: string;
  /** The name that gap targets carry after the `@`: its path, or e.g. `LocalMachine\Root`. */
  readonly name: string;
  /** The file or folder it lives in. */
  readonly path: string;
  /** What it is where its kind does not say so; `setting`: a configuration that names no roots at all. */
  readonly shape?: 'file' | 'folder' | 'setting';
  /** The folder that it is copied from whenever the mail server starts. */
  readonly copyOf?: string;
  /** What mail depends on it for; `unknown` counts like `verifies`. */
  readonly mail: 'verifies' | 'unused' | 'unknown';
  /** Domains whose mail it is for, as a mail server's policy names them; absent: all. */
  readonly destinations?: readonly string[];
  /** How it gets roots that it lacks when they are first needed. */
  readonly updates?: RootUpdates;
  read(signal: AbortSignal): Promise<StoreContents>;
}

/** A store's way to fetch roots by itself: Windows' automatic root update. */
export interface RootUpdates {
  /** Where what it fetches goes; the second part of gap targets. */
  readonly name: string;
  read(signal: AbortSignal): Promise<RootUpdateState>;
}

export type RootUpdateState =
  | {
      readonly unreadable?: undefined;
      /** The setting that switches it off. */
      readonly disabledBy?: string;
      /** Where the list of roots is fetched from. */
      readonly url: string;
      /** By the administrator, away from the vendor. */
      readonly isRedirected: boolean;
      readonly lastSync?: Date;
      /** The list that was fetched last, as it was signed. */
      readonly list?: Uint8Array;
      /** The same of certificates that are never trusted. */
      readonly disallowed?: Uint8Array;
    }
  | { readonly unreadable: string };

export type StoreContents =
  | { readonly entries: readonly StoreEntry[]; readonly problems: readonly StoreProblem[] }
  | { readonly entries?: undefined; readonly absent: string }
  | { readonly entries?: undefined; readonly unreadable: string };

/** One certificate of a store, with what the store says of it. */
export interface StoreEntry {
  readonly der: Uint8Array;
  /** `deselected`: present on the machine but switched off by the administrator; `distrusted`: on a block list. */
  readonly trust: 'trusted' | 'deselected' | 'distrusted';
  /** OIDs or names (`serverAuth`, `emailProtection`, …) that it is trusted for; absent: all. */
  readonly purposes?: readonly string[];
  /** The file, or the place in it, that it was read from. */
  readonly origin: string;
  /** Parts of the store that lack it: programs that read only those do not trust it. */
  readonly missingFrom?: readonly MissingPart[];
  /** How OpenSSL comes by the file that it lies in; absent where nobody looks it up so. */
  readonly hashLinks?: HashLinks;
}

/** The hash links of a folder that lead to one file, by the subject's hash in their names; there may be none. */
export interface HashLinks {
  readonly folder: string;
  readonly ways: ReadonlyMap<string, HashLinkWay>;
}

export interface HashLinkWay {
  /** A link before it that leads to no certificate: OpenSSL before 3.0.22 stops there, newer goes on. */
  readonly behindBrokenLink?: string;
}

/**
 * `hash-link`: the certificate lies in the folder, but not under the name by which OpenSSL looks it up.
 * `store`: it lies where the store's tool takes certificates from, and the tool has not run since.
 * `anchors`: it lies among intermediate certificates, which anchor nothing.
 * `file`: it lies in a file that is refused, because another certificate in it cannot be read.
 */
export interface MissingPart {
  readonly part: 'bundle' | 'folder' | 'hash-link' | 'store' | 'anchors' | 'file';
  readonly path: string;
}

/** An entry that could not be used; it hides nothing else. */
export interface StoreProblem {
  readonly origin: string;
  readonly problem: string;
  /** It may be a good certificate: this account is not allowed to look. */
  readonly unreadable?: true;
  /** The bundle of which OpenSSL and GnuTLS read nothing because of it. */
  readonly spoils?: string;
}
