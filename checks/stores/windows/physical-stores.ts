/** The stores that make up what Windows trusts on this machine for whoever runs as a service (CertOpenStore, "System Store Locations"). */

/** CERT_SYSTEM_STORE_* in the flags of CertOpenStore. */
const locations = {
  machine: 2 << 16,
  groupPolicy: 8 << 16,
  enterprise: 9 << 16,
} as const;

const keys = {
  machine: 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates',
  groupPolicy: 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates',
  enterprise: 'HKLM\\SOFTWARE\\Microsoft\\EnterpriseCertificates',
} as const;

/** `anchors` are trusted, `disallowed` overrides them, `intermediates` anchor nothing. */
export type StoreRole = 'anchors' | 'disallowed' | 'intermediates';

export interface PhysicalStore {
  readonly name: string;
  readonly role: StoreRole;
  /** CertOpenStore's location and name. */
  readonly location: number;
  readonly store: string;
  /** The registry key that its certificates lie below. */
  readonly key: string;
}

const physical = (
  place: keyof typeof locations,
  prefix: string,
  store: string,
  role: StoreRole,
): PhysicalStore => ({
  name: `${prefix}\\${store}`,
  role,
  location: locations[place],
  store,
  key: `${keys[place]}\\${store}`,
});

export const physicalStores: readonly PhysicalStore[] = [
  physical('machine', 'LocalMachine', 'Root', 'anchors'),
  physical('machine', 'LocalMachine', 'AuthRoot', 'anchors'),
  physical('groupPolicy', 'GroupPolicy', 'Root', 'anchors'),
  physical('enterprise', 'Enterprise', 'Root', 'anchors'),
  physical('machine', 'LocalMachine', 'Disallowed', 'disallowed'),
  physical('groupPolicy', 'GroupPolicy', 'Disallowed', 'disallowed'),
  physical('enterprise', 'Enterprise', 'Disallowed', 'disallowed'),
  physical('machine', 'LocalMachine', 'CA', 'intermediates'),
];
