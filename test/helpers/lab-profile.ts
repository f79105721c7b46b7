/** The change that the labs' hosts are asked about, as a profile file: root.crt lies beside it. */

/** Who serves CRLs, certificates and OCSP answers. */
export const labHosts: readonly string[] = ['crl.lab.test', 'secure.lab.test', 'ocsp.lab.test'];

export interface LabProfileOptions {
  readonly endpoints?: readonly string[];
  readonly aiaUrl?: string;
  /** Further keys, as lines of YAML. */
  readonly more?: string;
}

export const labProfile = ({
  endpoints = labHosts,
  aiaUrl = 'http://secure.lab.test/inter.crt',
  more = '',
}: LabProfileOptions = {}): string => `id: lab-r1
title: The lab moves to Lab Root R1
endpoints: [${endpoints.join(', ')}]
authorities:
  - { id: r1, name: Lab Root R1, root: true, certificate: root.crt }
  - { id: inter, name: Lab Issuing CA, issuer: r1, url: "${aiaUrl}" }
crls:
  - { url: "http://crl.lab.test/root.crl", issuer: r1 }
  - { url: "http://crl.lab.test/inter.crl", issuer: inter }
ocsp:
  - { url: "http://ocsp.lab.test/root", issuer: r1, certificate: inter }
${more}`;
