/** The change that the lab's hosts are asked about, as a profile file. */

import type { Fault } from './faults/fault.ts';

const aiaUrl = 'http://secure.lab.test/inter.crt';

export const profileText = ({
  endpoints = [],
  aiaUrl: url = aiaUrl,
}: Partial<Fault>): string => `id: lab-r1
title: The lab moves to Lab Root R1
endpoints: [${['crl.lab.test', 'secure.lab.test', 'ocsp.lab.test', ...endpoints].join(', ')}]
authorities:
  - { id: r1, name: Lab Root R1, root: true, certificate: root.crt }
  - { id: inter, name: Lab Issuing CA, issuer: r1, url: "${url}" }
crls:
  - { url: "http://crl.lab.test/root.crl", issuer: r1 }
  - { url: "http://crl.lab.test/inter.crl", issuer: inter }
ocsp:
  - { url: "http://ocsp.lab.test/root", issuer: r1, certificate: inter }
peer:
  names: [mx.lab.test]
  minTlsVersion: TLSv1.2
`;
